// What of the items is there for balancing: groups of near and far instances, and the tables of hashing algorithms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/config/identity_for_test.h"
#include "proxy/config/items_for_test.h"
#include "proxy/route/hash_tables.h"
#include "proxy/route/outlier_board.h"
#include "weft/v1/mesh_circuit_breaker.pb.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft::proxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct TestGroup {
  std::string name;
  uint32_t priority;
  uint32_t weight;
};

v1::Item grouped(const std::string& name, const std::vector<TestGroup>& groups,
                 const std::vector<std::pair<std::string, uint32_t>>& instances) {
  v1::EndpointSet set;
  set.set_name(name);
  for (const TestGroup& from : groups) {
    v1::Locality& locality = *set.add_localities();
    locality.set_name(from.name);
    locality.set_priority(from.priority);
    locality.set_weight(from.weight);
  }
  for (const auto& [address, group] : instances) {
    v1::Endpoint& endpoint = *set.add_endpoints();
    endpoint.set_address(address);
    endpoint.set_port(80);
    endpoint.set_locality(group);
  }
  return item(v1::ENDPOINTS, name, set.SerializeAsString());
}

v1::Item balanced(const std::string& name, const std::string& endpoint_set, const std::string& algorithm,
                  uint32_t ring_size = 1024) {
  v1::MeshLoadBalancingStrategyConf conf;
  conf.mutable_load_balancer()->set_type(algorithm);
  conf.mutable_load_balancer()->mutable_ring_hash()->set_min_ring_size(ring_size);
  v1::Destination destination;
  EXPECT_TRUE(destination.ParseFromString(proxy::destination(name, {endpoint_set}).payload()));
  v1::PolicyUnit& unit = *destination.mutable_routes(0)->add_policies();
  unit.set_kind("MeshLoadBalancingStrategy");
  unit.set_conf(conf.SerializeAsString());
  return item(v1::DESTINATION, name, destination.SerializeAsString());
}

// Leaves out who fails `failures` times in a row.
v1::Item breaking(const std::string& name, const std::string& endpoint_set, uint32_t failures) {
  v1::MeshCircuitBreakerConf conf;
  conf.mutable_outlier_detection()->mutable_detectors()->mutable_total_failures()->set_consecutive(failures);
  v1::Destination destination;
  EXPECT_TRUE(destination.ParseFromString(proxy::destination(name, {endpoint_set}).payload()));
  v1::PolicyUnit& unit = *destination.mutable_routes(0)->add_policies();
  unit.set_kind("MeshCircuitBreaker");
  unit.set_conf(conf.SerializeAsString());
  return item(v1::DESTINATION, name, destination.SerializeAsString());
}

class BalancingItems : public testing::Test {
 protected:
  std::vector<std::string> apply(std::vector<v1::Item> changed) {
    builder_.commit(builder_.stage(update_of(++revision_, std::move(changed), {})));
    std::vector<std::string> refused;
    for (const auto& [key, one] : builder_.current().refused) refused.push_back(key.name + ": " + one.reason);
    return refused;
  }
  const Route& route(size_t listener = 0) const {
    return builder_.current().snapshot->listeners[listener]->destination->routes[0];
  }

  SnapshotBuilder builder_{fake_material};
  uint64_t revision_ = 0;
};

TEST_F(BalancingItems, endpoints_are_brought_together_by_locality_and_priorities_are_dense) {
  EXPECT_THAT(apply({listeners({{"one", 1, "a"}}), destination("a", {"e"}),
                     grouped("e", {{"far", 7, 0}, {"near", 0, 9}, {"local", 0, 1}},
                             {{"10.0.0.1", 0}, {"10.0.0.2", 1}, {"10.0.0.3", 2}, {"10.0.0.4", 1}})}),
              IsEmpty());
  const EndpointSet& set = *route().backends[0].endpoints;
  std::vector<std::string> seen;
  for (const Locality& locality : set.localities) {
    std::string text = cat(locality.priority, " ", locality.name, " ", locality.weight, ":");
    for (uint32_t i = locality.begin; i < locality.end; ++i) append(text, " ", set.endpoints[i].address.text());
    seen.push_back(text);
  }
  EXPECT_THAT(seen, ElementsAre("0 near 9: 10.0.0.2:80 10.0.0.4:80", "0 local 1: 10.0.0.3:80", "1 far 1: 10.0.0.1:80"));
  EXPECT_NE(set.endpoints[0].slot, set.endpoints[1].slot);
}

TEST_F(BalancingItems, a_locality_that_is_not_there_is_refused) {
  EXPECT_THAT(apply({grouped("e", {{"near", 0, 1}}, {{"10.0.0.1", 0}, {"10.0.0.2", 1}})}),
              ElementsAre(HasSubstr("endpoints[1].locality: there is no locality 1")));
}

TEST_F(BalancingItems, only_algorithms_that_hash_have_tables) {
  EXPECT_THAT(apply({listeners({{"one", 1, "a"}, {"two", 2, "b"}}), balanced("a", "e", "Maglev"),
                     balanced("b", "e", "LeastRequest"), endpoints("e", {"10.0.0.1:80", "10.0.0.2:80"})}),
              IsEmpty());
  ASSERT_NE(route(0).backends[0].tables, nullptr);
  EXPECT_EQ(route(0).backends[0].tables->places(0), 65'537u);
  EXPECT_EQ(route(1).backends[0].tables, nullptr);
  EXPECT_EQ(route(1).plan.balance->algorithm, BalanceRule::Algorithm::kLeastRequest);
}

TEST_F(BalancingItems, a_table_stays_while_its_endpoints_and_its_rule_do) {
  apply({listeners({{"one", 1, "a"}}), balanced("a", "e", "RingHash"), endpoints("e", {"10.0.0.1:80"})});
  const auto before = route().backends[0].tables;
  v1::Destination other;
  EXPECT_TRUE(other.ParseFromString(balanced("a", "e", "RingHash").payload()));
  other.mutable_routes(0)->add_policies()->set_kind("MeshTimeout");
  apply({item(v1::DESTINATION, "a", other.SerializeAsString())});
  EXPECT_EQ(route().backends[0].tables, before);
  apply({balanced("a", "e", "RingHash", 2048)});
  EXPECT_NE(route().backends[0].tables, before);
  EXPECT_EQ(route().backends[0].tables->places(0), 2048u);
  apply({endpoints("e", {"10.0.0.1:80", "10.0.0.2:80"})});
  EXPECT_EQ(route().backends[0].tables->places(0), 2048u);
  EXPECT_NE(route().backends[0].tables->find(0, 1, [](size_t index) { return index == 1; }), HashTables::kNobody);
}

TEST_F(BalancingItems, what_is_known_of_an_instance_outlives_a_change_of_the_others) {
  apply({listeners({{"one", 1, "a"}}), destination("a", {"e"}), endpoints("e", {"10.0.0.1:80", "10.0.0.2:80"})});
  EXPECT_EQ(route().backends[0].outliers, nullptr);
  apply({breaking("a", "e", 1)});
  const auto before = route().backends[0].outliers;
  ASSERT_NE(before, nullptr);
  EXPECT_TRUE(before->report(1, OutlierBoard::Sign::kFailed, {}));
  apply({endpoints("e", {"10.0.0.2:80", "10.0.0.3:80"})});
  const auto after = route().backends[0].outliers;
  EXPECT_NE(after, before);
  EXPECT_TRUE(after->is_out(0));
  EXPECT_FALSE(after->is_out(1));
  apply({breaking("a", "e", 2)});  // another rule
  EXPECT_FALSE(route().backends[0].outliers->is_out(0));
}

}  // namespace
}  // namespace weft::proxy
