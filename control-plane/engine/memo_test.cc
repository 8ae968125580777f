// What a change costs: which items are made anew, and which keep their very bytes.
#include <gmock/gmock.h>

#include "control-plane/engine/compile_proxy.h"
#include "control-plane/engine/memo_table.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft::cp {
namespace {

using testing::TestWorld;

// Two services with two instances each, and `clients` proxies that call both.
class MemoTest : public ::testing::Test {
 protected:
  static constexpr int kClients = 10;

  MemoTest() {
    world_.put<v1::Mesh>("default", "");
    for (const char* name : {"a", "b"}) {
      put_service(name);
      for (const int i : {1, 2}) put_instance(name, i, "");
    }
    for (int i = 0; i < kClients; ++i) {
      world_.put<v1::Dataplane>(
          cat("client-", i),
          "networking { address: '10.0.0.1' outbound { port: 1 backend_ref { name: 'a' port: 80 } }"
          "outbound { port: 2 backend_ref { name: 'b' port: 80 } } }");
    }
    put_timeout("everywhere", "kind: 'Mesh'", 1);
  }

  void put_service(const std::string& name, Labels labels = {}) {
    world_.put<v1::MeshService>(
        name, "selector { dataplane_labels { match_labels { key: 'app' value: '" + name + "' } } } ports { port: 80 }",
        labels);
  }
  void put_instance(const std::string& service, int number, const std::string& inbound) {
    world_.put<v1::Dataplane>(cat(service, "-", number),
                              cat("networking { address: '10.0.", service == "a" ? 1 : 2, ".", number,
                                  "' inbound { port: 80 service_port: 81 ", inbound, " } }"),
                              {{"app", service}});
  }
  void put_timeout(const std::string& name, const std::string& target, int seconds) {
    world_.put<v1::MeshTimeout>(
        name, cat("to { target_ref { ", target, " } default { idle_timeout { seconds: ", seconds, " } } }"));
  }

  ProxyItemsPtr compile(const std::string& name) {
    return *compile_proxy(*world_, {"Dataplane", "default", name}, memo_);
  }
  // All clients, and what that cost.
  CompileCounters compile_clients() {
    const CompileCounters before = memo_.counters();
    for (int i = 0; i < kClients; ++i) last_[static_cast<size_t>(i)] = compile(cat("client-", i));
    const CompileCounters& after = memo_.counters();
    return {after.proxies - before.proxies,
            after.listeners - before.listeners,
            after.destinations - before.destinations,
            after.endpoints - before.endpoints,
            after.identities - before.identities,
            after.trusts - before.trusts,
            after.units - before.units,
            after.indexes - before.indexes};
  }

  TestWorld world_;
  Memo memo_;
  std::array<ProxyItemsPtr, kClients> last_;
};

TEST_F(MemoTest, ProxiesThatSeeTheSameShareTheBytes) {
  const CompileCounters cost = compile_clients();
  EXPECT_EQ(cost.proxies, 10u);
  EXPECT_EQ(cost.units, 1u);
  EXPECT_EQ(cost.destinations, 2u);
  EXPECT_EQ(cost.endpoints, 2u);
  EXPECT_EQ(cost.listeners, 1u);
  EXPECT_EQ(last_[0]->items, last_[9]->items);
}

TEST_F(MemoTest, TheSameWorldCostsNothing) {
  compile_clients();
  const auto before = last_;
  const CompileCounters cost = compile_clients();
  EXPECT_EQ(cost.proxies, 0u);
  EXPECT_EQ(cost.indexes, 0u);
  EXPECT_EQ(last_, before);
}

TEST_F(MemoTest, AChangeElsewhereCompilesNothing) {
  compile_clients();
  const auto before = last_;
  world_.put<v1::Mesh>("other", "");
  world_.put<v1::MeshTimeout>("p", "to { target_ref { kind: 'Mesh' } }", {}, "other");
  world_.put<v1::Dataplane>("unrelated", "networking { address: '10.0.0.77' }");
  world_.put<v1::MeshService>("unrelated", "ports { port: 80 }");
  EXPECT_EQ(compile_clients().proxies, 0u);
  EXPECT_EQ(last_, before);
}

TEST_F(MemoTest, APolicyForOneServiceTouchesOneDestination) {
  compile_clients();
  const auto before = last_[0]->items;
  put_timeout("for-b", "kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'b' }", 2);
  const CompileCounters cost = compile_clients();
  EXPECT_EQ(cost.units, 1u);
  EXPECT_EQ(cost.destinations, 1u);
  EXPECT_EQ(cost.endpoints, 0u);
  EXPECT_EQ(cost.listeners, 0u);
  int kept = 0;
  for (size_t i = 0; i < before.size(); ++i) kept += before[i] == last_[0]->items[i] ? 1 : 0;
  EXPECT_EQ(kept, static_cast<int>(before.size()) - 1);
}

TEST_F(MemoTest, AnInstanceThatGoesTouchesOneEndpointSet) {
  compile_clients();
  put_instance("a", 1, "state: 'NotReady'");
  const CompileCounters cost = compile_clients();
  EXPECT_EQ(cost.endpoints, 1u);
  EXPECT_EQ(cost.destinations, 0u);
  EXPECT_EQ(cost.units, 0u);
}

TEST_F(MemoTest, APolicyForOneProxyTouchesOnlyThatProxy) {
  compile_clients();
  const auto before = last_;
  world_.put<v1::MeshTimeout>(
      "one",
      "target_ref { kind: 'Dataplane' labels { key: 'kuma.io/display-name' value: 'client-3' } }"
      "to { target_ref { kind: 'Mesh' } default { idle_timeout { seconds: 9 } } }");
  EXPECT_EQ(compile_clients().proxies, 1u);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(last_[i] == before[i], i != 3) << i;
}

TEST_F(MemoTest, APermissionForOneServiceTouchesOnlyItsInstances) {
  const auto compile_instances = [&] {
    const CompileCounters before = memo_.counters();
    for (const char* name : {"a-1", "a-2", "b-1", "b-2"}) compile(name);
    const CompileCounters& after = memo_.counters();
    return std::tuple(after.proxies - before.proxies, after.units - before.units,
                      after.destinations - before.destinations);
  };
  compile_clients();
  compile_instances();
  const auto put_permission = [&](const std::string& whom) {
    world_.put<v1::MeshTrafficPermission>(
        "callers-of-a",
        "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'a' } } rules { default { allow { "
        "spiffe_id { type: 'Exact' value: '" +
            whom + "' } } } }");
  };
  for (const char* whom : {"spiffe://td/one", "spiffe://td/other"}) {
    put_permission(whom);
    EXPECT_EQ(compile_clients().proxies, 0u);
    EXPECT_EQ(compile_instances(), std::tuple(2u, 1u, 2u)) << "one unit for both, one inbound each";
  }
}

TEST_F(MemoTest, WhoGetsAnIdentityIsGuardedFromThenOn) {
  const auto guarded = [&](const std::string& name) {
    for (const CompiledItemPtr& item : compile(name)->items) {
      v1::Destination destination;
      if (item->type != v1::DESTINATION || !destination.ParseFromString(*item->bytes)) continue;
      for (const auto& unit : destination.routes(0).policies()) {
        if (unit.kind() == "MeshTrafficPermission" && unit.conf().empty()) return true;
      }
    }
    return false;
  };
  EXPECT_FALSE(guarded("a-1"));
  world_.put<v1::MeshIdentity>(
      "identity", "selector { dataplane { match_labels { key: 'app' value: 'a' } } } provider { type: 'Bundled' }");
  EXPECT_TRUE(guarded("a-1")) << "without any rule: nobody may talk";
  EXPECT_FALSE(guarded("b-1"));
}

TEST_F(MemoTest, AServiceThatIsWrittenAgainUnchangedChangesNoProxy) {
  compile_clients();
  const auto before = last_;
  put_service("a");
  const CompileCounters cost = compile_clients();
  EXPECT_EQ(cost.destinations, 0u);
  EXPECT_EQ(cost.endpoints, 0u);
  EXPECT_EQ(last_, before);
}

TEST_F(MemoTest, TakingAPolicyAwayRestoresWhatWasBefore) {
  compile_clients();
  const auto hashes = [&] {
    std::vector<uint64_t> out;
    for (const auto& item : last_[0]->items) out.push_back(item->hash);
    return out;
  };
  const auto before = hashes();
  put_timeout("aaa", "kind: 'Mesh'", 7);
  compile_clients();
  EXPECT_NE(hashes(), before);
  world_.remove({"MeshTimeout", "default", "aaa"});
  compile_clients();
  EXPECT_EQ(hashes(), before);
}

TEST_F(MemoTest, ANewMemoGivesTheSameBytes) {
  compile_clients();
  put_timeout("aaa", "kind: 'Mesh'", 7);
  put_instance("b", 2, "state: 'Ignored'");
  compile_clients();
  Memo fresh;
  const ProxyItemsPtr again = *compile_proxy(*world_, {"Dataplane", "default", "client-0"}, fresh);
  ASSERT_EQ(again->items.size(), last_[0]->items.size());
  for (size_t i = 0; i < again->items.size(); ++i) EXPECT_EQ(*again->items[i]->bytes, *last_[0]->items[i]->bytes);
}

TEST(MemoTable, WhatNobodyUsesIsForgotten) {
  MemoTable<int> table;
  int made = 0;
  const auto get = [&](uint64_t key) { return table.get(MemoKey().number(key), [&] { return ++made; }); };
  const auto kept = get(1);
  EXPECT_EQ(get(1), kept);
  EXPECT_EQ(made, 1);
  for (uint64_t i = 100; i < 1000; ++i) get(i);
  EXPECT_EQ(get(1), kept);
  get(100);
  EXPECT_EQ(made, 902);
}

TEST(MemoTable, AResultKeepsItsArgumentsAlive) {
  MemoTable<int> table;
  auto input = std::make_shared<const int>(5);
  const std::weak_ptr<const int> watch = input;
  auto result = table.get(MemoKey().input(input), [] { return 1; });
  input.reset();
  EXPECT_FALSE(watch.expired());
  result.reset();
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace weft::cp
