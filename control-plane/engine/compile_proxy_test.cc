#include "control-plane/engine/compile_proxy.h"

#include <gmock/gmock.h>

#include "base/hash.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_rate_limit.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"
#include "weft/v1/mesh_tls.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestWorld;

const std::string kBackendSelector =
    "selector { dataplane_labels { match_labels { key: 'kuma.io/workload' value: 'backend' } } }";
const std::string kBackendPort = "ports { name: 'http' port: 80 target_port { number: 8080 } app_protocol: 'http' }";

std::string outbound(uint32_t port, const std::string& service, uint32_t service_port) {
  return cat("outbound { port: ", port, " backend_ref { kind: 'MeshService' name: '", service, "' port: ", service_port,
             " } } ");
}
std::string networking(const std::string& address, const std::string& rest) {
  return "networking { address: '" + address + "' " + rest + " }";
}

class CompileProxyTest : public ::testing::Test {
 protected:
  CompileProxyTest() {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::MeshService>("backend", kBackendSelector + kBackendPort);
    backend("backend-1", "10.0.0.11");
    backend("backend-2", "10.0.0.12");
    world_.put<v1::Dataplane>("web-1", networking("10.0.0.1", outbound(33010, "backend", 80)));
  }

  void backend(const std::string& name, const std::string& address, const std::string& more = "") {
    world_.put<v1::Dataplane>(
        name,
        networking(address, "inbound { port: 8080 service_port: 9000 service_address: '127.0.0.1' protocol: 'http' " +
                                more + " }"),
        {{"kuma.io/workload", "backend"}, {"kuma.io/zone", "east"}});
  }
  void timeout(const std::string& name, int seconds, const std::string& target = "kind: 'Mesh'",
               const std::string& top = "") {
    world_.put<v1::MeshTimeout>(
        name, cat(top, " to { target_ref { ", target, " } default { idle_timeout { seconds: ", seconds, " } } }"));
  }

  ProxyItemsPtr compile(const std::string& name = "web-1") {
    auto items = compile_proxy(*world_, {"Dataplane", "default", name}, memo_);
    EXPECT_TRUE(items.ok()) << items.status();
    return items.ok() ? *items : std::make_shared<const ProxyItems>();
  }
  static CompiledItemPtr find(const ProxyItemsPtr& items, v1::ItemType type, const std::string& name) {
    for (const CompiledItemPtr& item : items->items) {
      if (item->type == type && item->name == name) return item;
    }
    ADD_FAILURE() << "no item " << name;
    return std::make_shared<const CompiledItem>(CompiledItem{type, name, 1, std::make_shared<const std::string>()});
  }
  template <typename Payload>
  static Payload payload(const ProxyItemsPtr& items, v1::ItemType type, const std::string& name) {
    Payload out;
    EXPECT_TRUE(out.ParseFromString(*find(items, type, name)->bytes));
    return out;
  }
  static v1::Destination destination(const ProxyItemsPtr& items, const std::string& name) {
    return payload<v1::Destination>(items, v1::DESTINATION, name);
  }
  static std::vector<std::string> endpoints(const ProxyItemsPtr& items, const std::string& name) {
    std::vector<std::string> out;
    const auto set = payload<v1::EndpointSet>(items, v1::ENDPOINTS, name);
    for (const v1::Endpoint& endpoint : set.endpoints()) out.push_back(cat(endpoint.address(), ":", endpoint.port()));
    return out;
  }
  static v1::ListenerSet listeners(const ProxyItemsPtr& items) {
    return payload<v1::ListenerSet>(items, v1::LISTENERS, "listeners");
  }
  static v1::MeshTimeoutConf timeout_of(const v1::Destination& destination) {
    v1::MeshTimeoutConf conf;
    for (const v1::PolicyUnit& unit : destination.routes(0).policies()) {
      if (unit.kind() != "MeshTimeout") continue;
      EXPECT_TRUE(conf.ParseFromString(unit.conf()));
    }
    return conf;
  }

  TestWorld world_;
  Memo memo_;
};

constexpr char kBackend[] = "kri_msvc_default___backend_http";

TEST_F(CompileProxyTest, AnOutboundLeadsThroughADestinationToTheInstances) {
  const ProxyItemsPtr items = compile();
  ASSERT_EQ(listeners(items).listeners_size(), 1);
  const v1::Listener listener = listeners(items).listeners(0);
  EXPECT_EQ(listener.name(), "outbound:127.0.0.1:33010");
  EXPECT_EQ(listener.direction(), v1::OUTBOUND);
  EXPECT_EQ(listener.destination(), kBackend);
  const v1::Destination found = destination(items, kBackend);
  EXPECT_EQ(found.protocol(), v1::HTTP1);
  ASSERT_EQ(found.routes_size(), 1);
  ASSERT_EQ(found.routes(0).backends_size(), 1);
  EXPECT_EQ(found.routes(0).backends(0).endpoints(), kBackend);
  EXPECT_THAT(endpoints(items, kBackend), ElementsAre("10.0.0.11:8080", "10.0.0.12:8080"));
  EXPECT_THAT(items->warnings, IsEmpty());
}

TEST_F(CompileProxyTest, ItemsAreSortedAndCarryTheHashOfTheirBytes) {
  const ProxyItemsPtr items = compile();
  ASSERT_EQ(items->items.size(), 3u);
  EXPECT_EQ(items->items[0]->type, v1::LISTENERS);
  EXPECT_EQ(items->items[1]->type, v1::DESTINATION);
  EXPECT_EQ(items->items[2]->type, v1::ENDPOINTS);
  for (const CompiledItemPtr& item : items->items) EXPECT_EQ(item->hash, content_hash(*item->bytes));
}

TEST_F(CompileProxyTest, AnInboundLeadsToTheApplication) {
  const ProxyItemsPtr items = compile("backend-1");
  ASSERT_EQ(listeners(items).listeners_size(), 1);
  const v1::Listener listener = listeners(items).listeners(0);
  EXPECT_EQ(listener.name(), "inbound:10.0.0.11:8080");
  EXPECT_EQ(listener.destination(), "kri_dp_default_east__backend-1_8080");
  const v1::Destination found = destination(items, listener.destination());
  EXPECT_EQ(found.direction(), v1::INBOUND);
  EXPECT_EQ(found.routes(0).backends(0).endpoints(), "app:inbound:10.0.0.11:8080");
  EXPECT_THAT(endpoints(items, "app:inbound:10.0.0.11:8080"), ElementsAre("127.0.0.1:9000"));
}

TEST_F(CompileProxyTest, WhereTheApplicationIsHasDefaults) {
  world_.put<v1::Dataplane>("a", networking("10.0.0.1", "inbound { port: 80 service_port: 8080 }"));
  EXPECT_THAT(endpoints(compile("a"), "app:inbound:10.0.0.1:80"), ElementsAre("10.0.0.1:8080"));
  world_.put<v1::Dataplane>(
      "a", networking("10.0.0.1", "inbound { port: 80 address: '10.0.0.2' service_address: '127.0.0.1' }"));
  EXPECT_THAT(endpoints(compile("a"), "app:inbound:10.0.0.2:80"), ElementsAre("127.0.0.1:80"));
}

TEST_F(CompileProxyTest, AnInboundNeverLeadsToItself) {
  world_.put<v1::Dataplane>("a", networking("10.0.0.1", "inbound { port: 80 }"));
  EXPECT_THAT(endpoints(compile("a"), "app:inbound:10.0.0.1:80"), ElementsAre("127.0.0.1:80"));
  EXPECT_THAT(compile("a")->warnings, ElementsAre(HasSubstr("where the proxy itself listens")));
  world_.put<v1::Dataplane>("a", networking("127.0.0.1", "inbound { port: 80 }"));
  EXPECT_THAT(endpoints(compile("a"), "app:inbound:127.0.0.1:80"), IsEmpty());
}

TEST_F(CompileProxyTest, OnlyReadyInstancesAreEndpoints) {
  backend("backend-1", "10.0.0.11", "state: 'NotReady'");
  EXPECT_THAT(endpoints(compile(), kBackend), ElementsAre("10.0.0.12:8080"));
  backend("backend-1", "10.0.0.11", "state: 'Ignored'");
  EXPECT_THAT(endpoints(compile(), kBackend), ElementsAre("10.0.0.12:8080"));
  backend("backend-1", "10.0.0.11", "state: 'Ready'");
  EXPECT_THAT(endpoints(compile(), kBackend), ElementsAre("10.0.0.11:8080", "10.0.0.12:8080"));
  backend("backend-1", "10.0.0.11", "health { ready: false }");
  EXPECT_THAT(endpoints(compile(), kBackend), ElementsAre("10.0.0.12:8080"));
}

TEST_F(CompileProxyTest, ATargetPortIsANumberOrAnInboundName) {
  world_.put<v1::Dataplane>(
      "n", networking("10.0.0.9", "inbound { port: 7000 name: 'main' address: '10.0.0.99' } inbound { port: 80 }"),
      {{"app", "n"}});
  const std::string selector = "selector { dataplane_labels { match_labels { key: 'app' value: 'n' } } }";
  world_.put<v1::MeshService>(
      "n", selector +
               "ports { port: 1 target_port { text: 'main' } } ports { port: 2 target_port { number: 80 } }"
               "ports { port: 80 } ports { port: 7000 target_port { text: '80' } }");
  world_.put<v1::Dataplane>("web-1", networking("10.0.0.1", outbound(1, "n", 1) + outbound(2, "n", 2) +
                                                                outbound(3, "n", 80) + outbound(4, "n", 7000)));
  const ProxyItemsPtr items = compile();
  EXPECT_THAT(endpoints(items, "kri_msvc_default___n_1"), ElementsAre("10.0.0.99:7000"));
  EXPECT_THAT(endpoints(items, "kri_msvc_default___n_2"), ElementsAre("10.0.0.9:80"));
  EXPECT_THAT(endpoints(items, "kri_msvc_default___n_80"), ElementsAre("10.0.0.9:80"));
  EXPECT_THAT(endpoints(items, "kri_msvc_default___n_7000"), IsEmpty());
}

TEST_F(CompileProxyTest, AServiceMaySelectOneDataplaneByName) {
  world_.put<v1::MeshService>("backend", "selector { dataplane_ref { name: 'backend-2' } } " + kBackendPort);
  EXPECT_THAT(endpoints(compile(), kBackend), ElementsAre("10.0.0.12:8080"));
  world_.put<v1::MeshService>("backend", kBackendPort);
  EXPECT_THAT(endpoints(compile(), kBackend), IsEmpty());
}

TEST_F(CompileProxyTest, LabelsOfABackendNameTheOldestService) {
  world_.put<v1::MeshService>("a-newer", kBackendSelector + kBackendPort, {{"team", "shop"}});
  world_.put<v1::MeshService>("b-newest", kBackendSelector + kBackendPort, {{"team", "shop"}});
  world_.put<v1::Dataplane>(
      "web-1",
      networking(
          "10.0.0.1",
          "outbound { port: 1 backend_ref { kind: 'MeshService' port: 80 labels { key: 'team' value: 'shop' } } }"));
  EXPECT_EQ(listeners(compile()).listeners(0).destination(), "kri_msvc_default___a-newer_http");
}

TEST_F(CompileProxyTest, AMissingServiceIsADestinationWithoutInstances) {
  world_.put<v1::Dataplane>("web-1", networking("10.0.0.1", outbound(1, "nowhere", 80) + outbound(2, "backend", 81)));
  const ProxyItemsPtr items = compile();
  EXPECT_EQ(listeners(items).listeners(0).destination(), "kri_msvc_default___nowhere_80");
  EXPECT_EQ(destination(items, "kri_msvc_default___nowhere_80").protocol(), v1::HTTP1);
  EXPECT_THAT(endpoints(items, "kri_msvc_default___nowhere_80"), IsEmpty());
  EXPECT_THAT(endpoints(items, "kri_msvc_default___backend_81"), IsEmpty());
  EXPECT_THAT(items->warnings, ElementsAre("outbound:127.0.0.1:1: there is no MeshService 'nowhere'",
                                           "outbound:127.0.0.1:2: MeshService 'backend' has no port 81"));
}

TEST_F(CompileProxyTest, ADestinationIsThereOnceHoweverManyListenersLeadToIt) {
  world_.put<v1::Dataplane>("web-1", networking("10.0.0.1", outbound(1, "backend", 80) + outbound(2, "backend", 80)));
  EXPECT_EQ(listeners(compile()).listeners_size(), 2);
  EXPECT_EQ(compile()->items.size(), 3u);
}

TEST_F(CompileProxyTest, WhatCannotListenIsLeftOutWithAWarning) {
  world_.put<v1::Dataplane>("web-1", networking("web.example", "inbound { port: 80 } " + outbound(1, "backend", 80) +
                                                                   outbound(1, "backend", 80)));
  EXPECT_EQ(listeners(compile()).listeners_size(), 1);
  EXPECT_EQ(compile()->warnings.size(), 2u);
}

TEST_F(CompileProxyTest, ProtocolsComeFromTheServiceAndFromTheInbound) {
  const auto protocol = [&](const std::string& word) {
    world_.put<v1::MeshService>("backend",
                                kBackendSelector + "ports { name: 'http' port: 80 app_protocol: '" + word + "' }");
    return destination(compile(), kBackend).protocol();
  };
  EXPECT_EQ(protocol("HTTP"), v1::HTTP1);
  EXPECT_EQ(protocol("http2"), v1::HTTP2);
  EXPECT_EQ(protocol("grpc"), v1::GRPC);
  EXPECT_EQ(protocol("kafka"), v1::TCP);
  EXPECT_EQ(protocol(""), v1::TCP);
  EXPECT_EQ(destination(compile("backend-1"), "kri_dp_default_east__backend-1_8080").protocol(), v1::HTTP1);
}

TEST_F(CompileProxyTest, PoliciesOfAllLevelsMergeIntoTheDestination) {
  timeout("mesh-wide", 1);
  world_.put<v1::MeshTimeout>(
      "for-backend",
      "to { target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'backend' } }"
      " default { connection_timeout { seconds: 2 } } }");
  world_.put<v1::MeshRetry>("retry", "to { target_ref { kind: 'Mesh' } default { http { num_retries: 3 } } }");
  const v1::Destination found = destination(compile(), kBackend);
  EXPECT_EQ(timeout_of(found).idle_timeout().seconds(), 1);
  EXPECT_EQ(timeout_of(found).connection_timeout().seconds(), 2);
  ASSERT_EQ(found.routes(0).policies_size(), 2);
  EXPECT_THAT(found.routes(0).policies(0).origins(),
              ElementsAre("kri_mt_default___mesh-wide_", "kri_mt_default___for-backend_"));
  EXPECT_EQ(found.routes(0).policies(1).kind(), "MeshRetry");
  ASSERT_EQ(found.policies_size(), 1);
  EXPECT_EQ(found.policies(0).kind(), "MeshTimeout");
}

TEST_F(CompileProxyTest, WithoutTheMeshNothingIsSaidOfAllItsServices) {
  timeout("mesh-wide", 1);
  world_.remove({"Mesh", "", "default"});
  EXPECT_EQ(destination(compile(), kBackend).routes(0).policies_size(), 0);
}

TEST_F(CompileProxyTest, RulesOfAnInboundGoToThatInbound) {
  world_.put<v1::MeshTimeout>("in",
                              "target_ref { kind: 'Dataplane' section_name: '8080' }"
                              "rules { default { idle_timeout { seconds: 4 } } }");
  const std::string name = "kri_dp_default_east__backend-1_8080";
  EXPECT_EQ(timeout_of(destination(compile("backend-1"), name)).idle_timeout().seconds(), 4);
  world_.put<v1::MeshTimeout>("in",
                              "target_ref { kind: 'Dataplane' section_name: 'other' }"
                              "rules { default { idle_timeout { seconds: 4 } } }");
  EXPECT_EQ(destination(compile("backend-1"), name).routes(0).policies_size(), 0);
}

TEST_F(CompileProxyTest, RulesForNamedCallersLeaveTheOthersTheInboundDefaults) {
  world_.put<v1::MeshTimeout>("in",
                              "rules { matches { spiffe_id { type: 'Exact' value: 'spiffe://m/a' } }"
                              " default { http { request_timeout { seconds: 60 } } } }");
  const v1::MeshTimeoutConf conf = timeout_of(destination(compile("backend-1"), "kri_dp_default_east__backend-1_8080"));
  EXPECT_EQ(conf.connection_timeout().seconds(), 10);
  EXPECT_TRUE(conf.http().has_request_timeout());
  EXPECT_EQ(conf.http().request_timeout().seconds(), 0);
}

TEST_F(CompileProxyTest, AKindThatNoProxyActsOnIsNotSent) {
  world_.put<v1::MeshRateLimit>("limit", "rules { default { local { tcp { disabled: true } } } }");
  const std::string name = "kri_dp_default_east__backend-1_8080";
  EXPECT_EQ(destination(compile("backend-1"), name).routes(0).policies_size(), 0);
  EXPECT_EQ(destination(compile("backend-1"), name).policies_size(), 0);
}

TEST_F(CompileProxyTest, HowConnectionsAreSpokenHoldsForTheListenerAndItsRoutes) {
  world_.put<v1::MeshTLS>("tls", "rules { default { mode: 'Permissive' } }");
  const v1::Destination inbound = destination(compile("backend-1"), "kri_dp_default_east__backend-1_8080");
  EXPECT_EQ(inbound.policies(0).kind(), "MeshTLS");
  EXPECT_EQ(inbound.routes(0).policies(0).kind(), "MeshTLS");
}

TEST_F(CompileProxyTest, AnUnknownDataplaneIsNotFound) {
  EXPECT_TRUE(is_not_found(compile_proxy(*world_, {"Dataplane", "default", "nobody"}, memo_).status()));
  EXPECT_TRUE(is_not_found(compile_proxy(*world_, {"Dataplane", "elsewhere", "web-1"}, memo_).status()));
}

}  // namespace
}  // namespace weft::cp
