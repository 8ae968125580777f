#include "proxy/config/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/v1/config_item.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_timeout.pb.h"
#include "weft/v1/mesh_tls.pb.h"

namespace weft::proxy {
namespace {

using testing::HasSubstr;

std::string timeout_conf(int request_seconds) {
  v1::MeshTimeoutConf conf;
  conf.mutable_http()->mutable_request_timeout()->set_seconds(request_seconds);
  conf.mutable_http()->mutable_request_headers_timeout()->set_seconds(7);
  return conf.SerializeAsString();
}

std::string retry_conf(uint32_t retries) {
  v1::MeshRetryConf conf;
  conf.mutable_http()->set_num_retries(retries);
  return conf.SerializeAsString();
}

void add_policy(google::protobuf::RepeatedPtrField<v1::PolicyUnit>& units, const std::string& kind,
                const std::string& conf) {
  v1::PolicyUnit& unit = *units.Add();
  unit.set_kind(kind);
  unit.set_conf(conf);
}

// One route that retries within a time limit.
v1::Destination retrying(int request_seconds, uint32_t retries) {
  v1::Destination destination;
  destination.set_name("d");
  destination.set_direction(v1::OUTBOUND);
  destination.set_protocol(v1::HTTP1);
  add_policy(*destination.mutable_policies(), "MeshTimeout", timeout_conf(request_seconds));
  v1::Route& route = *destination.add_routes();
  route.set_name("r");
  route.add_backends()->set_endpoints("e");
  add_policy(*route.mutable_policies(), "MeshRetry", retry_conf(retries));
  add_policy(*route.mutable_policies(), "MeshTimeout", timeout_conf(request_seconds));
  return destination;
}

Result<DecodedDestination> decode(const v1::Destination& destination) {
  SharedPolicies shared;
  return decode_destination("d", destination.SerializeAsString(), shared);
}

TEST(Decode, policies_have_spoken_when_a_destination_is_made) {
  const Result<DecodedDestination> decoded = decode(retrying(3, 4));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const Plan& plan = decoded->shape.routes[0].plan;
  EXPECT_EQ(plan.request_timeout, std::chrono::seconds(3));
  ASSERT_NE(plan.retry, nullptr);
  EXPECT_EQ(plan.retry->limit, 4u);
  EXPECT_EQ(decoded->shape.connection.request_headers_timeout, std::chrono::seconds(7));
  EXPECT_EQ(decoded->shape.routes[0].backends[0].weight, 1u);
}

TEST(Decode, places_with_the_same_conf_share_the_policy) {
  SharedPolicies shared;
  const auto decode_with = [&](const v1::Destination& destination) {
    return decode_destination("d", destination.SerializeAsString(), shared);
  };
  const Result<DecodedDestination> one = decode_with(retrying(3, 4));
  const Result<DecodedDestination> two = decode_with(retrying(9, 4));
  const Result<DecodedDestination> three = decode_with(retrying(3, 4));
  ASSERT_TRUE(one.ok() && two.ok() && three.ok());
  EXPECT_EQ(shared.policies(), 3u);  // one retry, two timeouts
  const auto policies = [](const Result<DecodedDestination>& of) { return of->shape.routes[0].policies.policies(); };
  EXPECT_EQ(policies(one).data(), policies(three).data());  // the chain itself
  EXPECT_NE(policies(one)[0], policies(two)[0]);            // MeshTimeout
  EXPECT_EQ(policies(one)[1], policies(two)[1]);            // MeshRetry
  EXPECT_EQ(two->shape.routes[0].plan.request_timeout, std::chrono::seconds(9));
}

TEST(Decode, a_conf_that_its_kind_refuses_is_named) {
  v1::Destination destination = retrying(3, 4);
  destination.mutable_routes(0)->mutable_policies(1)->set_conf("\xff\xff");
  const Result<DecodedDestination> decoded = decode(destination);
  ASSERT_FALSE(decoded.ok());
  EXPECT_THAT(reason(decoded.status()), HasSubstr("routes[0].policies[1] (MeshTimeout): "));
}

TEST(Decode, a_kind_stands_once_in_a_place) {
  v1::Destination destination = retrying(3, 4);
  add_policy(*destination.mutable_routes(0)->mutable_policies(), "MeshRetry", retry_conf(1));
  const Result<DecodedDestination> decoded = decode(destination);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(reason(decoded.status()), "routes[0].policies[2].kind: MeshRetry appears twice");
}

TEST(Decode, a_kind_that_this_proxy_does_not_act_on_is_not_known_to_it) {
  v1::Destination destination = retrying(3, 4);
  add_policy(*destination.mutable_routes(0)->mutable_policies(), "MeshRateLimit", "");
  const Result<DecodedDestination> decoded = decode(destination);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(reason(decoded.status()), "routes[0].policies[2].kind: this proxy does not know \"MeshRateLimit\"");
}

// One inbound that speaks HTTP, with a permission and a rule for connections.
v1::Destination guarded() {
  v1::Destination destination = retrying(3, 4);
  destination.set_direction(v1::INBOUND);
  v1::RuleList list;
  list.add_rules()->set_origin("kri_mtp_default___a_");
  add_policy(*destination.mutable_routes(0)->mutable_policies(), "MeshTrafficPermission", list.SerializeAsString());
  v1::MeshTLSConf tls;
  tls.set_mode("Permissive");
  add_policy(*destination.mutable_policies(), "MeshTLS", tls.SerializeAsString());
  return destination;
}

TEST(Decode, who_may_talk_and_how_is_known_when_a_destination_is_made) {
  const Result<DecodedDestination> decoded = decode(guarded());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded->shape.routes[0].policies.guards());
  EXPECT_FALSE(decoded->shape.routes[0].policies.reads_headers());
  EXPECT_EQ(decoded->shape.connection.tls.mode, TlsRule::Mode::kPermissive);
  EXPECT_EQ(decoded->shape.connection.request_headers_timeout, std::chrono::seconds(7));
}

// C4 case 49: a newer control plane says something this proxy does not know.
TEST(Decode, what_says_who_may_talk_is_understood_whole_or_refused) {
  v1::Destination destination = guarded();
  v1::PolicyUnit& permission = *destination.mutable_routes(0)->mutable_policies()->rbegin();
  permission.GetReflection()->MutableUnknownFields(&permission)->AddVarint(15, 1);
  const Result<DecodedDestination> decoded = decode(destination);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(reason(decoded.status()), "routes[0].policies[2]: it has an unknown field 15");
  // Of a kind that only tunes, the rest is worth having.
  destination = retrying(3, 4);
  v1::PolicyUnit& retry = *destination.mutable_routes(0)->mutable_policies(0);
  retry.GetReflection()->MutableUnknownFields(&retry)->AddVarint(15, 1);
  EXPECT_TRUE(decode(destination).ok());
}

TEST(Decode, addresses_of_both_families_are_read) {
  v1::EndpointSet set;
  set.set_name("e");
  for (const char* address : {"10.0.0.5", "::1"}) {
    v1::Endpoint& endpoint = *set.add_endpoints();
    endpoint.set_address(address);
    endpoint.set_port(80);
    endpoint.set_weight(7);
  }
  AddressSlots slots;
  const auto decoded = decode_endpoints("e", set.SerializeAsString(), slots, true, std::make_shared<Usage>());
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->set->endpoints[0].address.text(), "10.0.0.5:80");
  EXPECT_EQ(decoded->set->endpoints[1].address.text(), "[::1]:80");
  EXPECT_EQ(decoded->set->endpoints[1].address.family(), AF_INET6);
  EXPECT_EQ(decoded->set->endpoints[1].weight, 7u);
  EXPECT_EQ(slots.size(), 2u);
}

}  // namespace
}  // namespace weft::proxy
