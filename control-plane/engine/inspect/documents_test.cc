#include "control-plane/engine/inspect/dataplane_documents.h"

#include <gmock/gmock.h>

#include "base/document/document.h"
#include "base/document/print.h"
#include "control-plane/engine/inspect/relations.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_http_route.pb.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_tcp_route.pb.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft::cp {
namespace {

using testing::TestWorld;

constexpr char kWeb[] = R"(networking {
  address: "10.0.0.1"
  inbound { name: "http" port: 8080 protocol: "http" }
  inbound { port: 9090 }
})";

constexpr char kToDb[] = R"(to { target_ref { kind: "MeshService" labels { key: "app" value: "db" } }
                                 default { connection_timeout { seconds: 1 } } })";
constexpr char kToAll[] = R"(to { target_ref { kind: "Mesh" } default { connection_timeout { seconds: 9 }
                                                                      idle_timeout { seconds: 9 } } })";

class Documents : public ::testing::Test {
 protected:
  Documents() {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::Dataplane>("web", kWeb, {{"app", "web"}});
    service("db", R"(ports { port: 5432 name: "pg" app_protocol: "tcp" })");
  }

  void service(const std::string& name, const std::string& text) {
    world_.put<v1::MeshService>(name, text, {{"app", name}});
  }
  const Resource& web() { return *world_->find({"Dataplane", "default", "web"}); }

  // The part of a document at "rules/0/type".
  static std::string part(const std::string& document, std::string_view path) {
    const Result<Node> tree = parse_json(document);
    if (!tree.ok()) return "no JSON";
    const Node* node = &*tree;
    for (const std::string_view step : split(path, '/')) {
      size_t index = 0;
      if (node->is_list() && parse_number(step, index)) {
        node = index < node->items.size() ? &node->items[index] : nullptr;
      } else {
        node = node->find(step);
      }
      if (node == nullptr) return "-";
    }
    return compact_json(*node);
  }

  std::string layout(std::string_view path) { return part(layout_document(*world_, web()), path); }
  EffectiveRules effective() {
    RuleIndexes indexes;
    return effective_rules(*world_, web().key, indexes).value();
  }
  std::string rules(std::string_view path) { return part(rules_document(effective()), path); }
  std::string at_db(std::string_view path) {
    const Result<std::string> document = outbound_policies_document(*world_, effective(), "kri_msvc_default___db_pg");
    return document.ok() ? part(*document, path) : document.status().ToString();
  }
  std::string at_inbound(std::string_view section, std::string_view path) {
    const Result<std::string> document = inbound_policies_document(effective(), cat("kri_dp_default___web_", section));
    return document.ok() ? part(*document, path) : document.status().ToString();
  }

  TestWorld world_;
};

std::vector<std::string> names_of(const std::vector<ResourcePtr>& resources) {
  std::vector<std::string> names;
  for (const ResourcePtr& resource : resources) names.push_back(resource->key.name);
  return names;
}

TEST_F(Documents, TheLayoutNamesInboundsByNameOrPortAndDefaultsToTcp) {
  EXPECT_EQ(layout("inbounds"), R"([{"kri":"kri_dp_default___web_http","port":8080,"protocol":"http",)"
                                R"("proxyResourceName":"self_inbound_dp_http"},)"
                                R"({"kri":"kri_dp_default___web_9090","port":9090,"protocol":"tcp",)"
                                R"("proxyResourceName":"self_inbound_dp_9090"}])");
}

TEST_F(Documents, WithoutOutboundsADataplaneReachesEveryPortOfEveryService) {
  service("api", R"(ports { port: 80 app_protocol: "http" } ports { port: 81 })");
  EXPECT_EQ(layout("outbounds/0"), R"({"kri":"kri_msvc_default___api_80","port":80,"protocol":"http",)"
                                   R"("proxyResourceName":"kri_msvc_default___api_80"})");
  EXPECT_EQ(layout("outbounds/1/kri"), R"("kri_msvc_default___api_81")");
  EXPECT_EQ(layout("outbounds/2/kri"), R"("kri_msvc_default___db_pg")");
  EXPECT_EQ(layout("outbounds/3"), "-");
}

TEST_F(Documents, WhatPoliciesCannotDoAtTheProxyIsSaidKindByKind) {
  world_.put<v1::MeshTimeout>("t", "to { target_ref { kind: 'MeshService' labels { key: 'a' value: 'gone' } } }");
  const std::string document = warnings_document(*world_, effective());
  EXPECT_EQ(part(document, "rules/0/type"), R"("MeshTimeout")");
  EXPECT_THAT(part(document, "rules/0/warnings/0"),
              ::testing::HasSubstr("t: spec.to[0].targetRef: no MeshService of mesh 'default' carries the labels"));
  world_.remove({"MeshTimeout", "default", "t"});
  EXPECT_EQ(part(warnings_document(*world_, effective()), "rules"), "[]");
}

TEST_F(Documents, OutboundsOfItsOwnAreAllItReaches) {
  service("api", "ports { port: 80 } ports { port: 81 }");
  world_.put<v1::Dataplane>("web", R"(networking {
    outbound { port: 1 backend_ref { kind: "MeshService" name: "api" port: 81 } }
    outbound { port: 2 backend_ref { kind: "MeshService" name: "gone" port: 81 } }
    outbound { port: 3 backend_ref { kind: "MeshService" name: "api" port: 99 } }
  })");
  EXPECT_EQ(layout("outbounds/0/kri"), R"("kri_msvc_default___api_81")");
  EXPECT_EQ(layout("outbounds/1"), "-");
}

TEST_F(Documents, AnOutboundFindsACopyByItsDisplayName) {
  world_.put<v1::MeshService>("api-x7", "ports { port: 80 }", {{"kuma.io/display-name", "api"}});
  world_.put<v1::Dataplane>("web", R"(networking {
    outbound { port: 1 backend_ref { kind: "MeshService" name: "api" port: 80 } } })");
  EXPECT_EQ(layout("outbounds/0/kri"), R"("kri_msvc_default___api_80")");
}

TEST_F(Documents, ReachableBackendsLimitByNameLabelAndPort) {
  service("api", "ports { port: 80 } ports { port: 81 }");
  service("other", "ports { port: 80 }");
  world_.put<v1::Dataplane>("web", R"(networking { transparent_proxying { reachable_backends {
    refs { kind: "MeshService" name: "api" port: 81 }
    refs { kind: "MeshService" labels { key: "app" value: "db" } }
    refs { kind: "MeshExternalService" name: "other" }
  } } })");
  EXPECT_EQ(layout("outbounds/0/kri"), R"("kri_msvc_default___api_81")");
  EXPECT_EQ(layout("outbounds/1/kri"), R"("kri_msvc_default___db_pg")");
  EXPECT_EQ(layout("outbounds/2"), "-");
}

TEST_F(Documents, AnEmptyListOfReachableBackendsReachesNothing) {
  world_.put<v1::Dataplane>("web", "networking { transparent_proxying { reachable_backends {} } }");
  EXPECT_EQ(layout("outbounds"), "[]");
}

TEST_F(Documents, ListenersOfAZoneProxyAreListedByRole) {
  world_.put<v1::Dataplane>("web", R"(networking { listeners { type: "ZoneEgress" address: "1.1.1.1" port: 10002 } })");
  EXPECT_EQ(layout("listeners"), R"([{"kri":"kri_dp_default___web_10002","port":10002,"type":"ZoneEgress",)"
                                 R"("proxyResourceName":"self_zoneegress_dp_10002"}])");
}

TEST_F(Documents, TheLayoutSaysWhoTheProxyIsOnceItsIdentityIsReady) {
  world_.put<v1::Dataplane>("web", kWeb, {{"kuma.io/workload", "shop"}, {"kuma.io/zone", "east"}});
  world_.put<v1::MeshIdentity>("id", "selector { dataplane {} }", {{"kuma.io/zone", "east"}});
  EXPECT_EQ(layout("spiffeId"), "-");
  auto ready = std::make_shared<Resource>(*world_->find({"MeshIdentity", "default", "id"}));
  auto status = std::make_shared<v1::MeshIdentityStatus>();
  *status->add_conditions() = weft::testing::spec_of<v1::Condition>(R"(type: "Ready" status: "True" reason: "Ready")");
  ready->status = status;
  world_.put(ready);
  EXPECT_EQ(layout("spiffeId"), R"("spiffe://default.east.mesh.local/workload/shop")");
}

TEST_F(Documents, NoPoliciesGiveNoRules) {
  EXPECT_EQ(rules("rules"), "[]");
  EXPECT_EQ(rules("resource/name"), R"("web")");
}

TEST_F(Documents, ToRulesAreListedPerResourceWithTheMeshMergedIn) {
  world_.put<v1::MeshTimeout>("all", kToAll);
  world_.put<v1::MeshTimeout>("db", kToDb);
  EXPECT_EQ(rules("rules/0/toResourceRules/0/resourceMeta/type"), R"("Mesh")");
  EXPECT_EQ(rules("rules/0/toResourceRules/0/resourceMeta/mesh"), R"("")");
  EXPECT_EQ(rules("rules/0/toResourceRules/1/conf"), R"([{"connectionTimeout":"1s","idleTimeout":"9s"}])");
  EXPECT_EQ(rules("rules/0/toResourceRules/1/origin/0/resourceMeta/name"), R"("all")");
  EXPECT_EQ(rules("rules/0/toResourceRules/1/origin/1/ruleIndex"), "0");
}

TEST_F(Documents, AKindThatComesToNothingIsLeftOut) {
  world_.put<v1::MeshTimeout>(
      "gone", R"(to { target_ref { kind: "MeshService" labels { key: "app" value: "gone" } } default {} })");
  EXPECT_EQ(rules("rules"), "[]");
}

TEST_F(Documents, InboundRulesAreListedPerPortThatSomePolicyNames) {
  world_.put<v1::MeshTimeout>("one", R"(target_ref { kind: "Dataplane" section_name: "9090" }
                                        rules { default { idle_timeout { seconds: 7 } } })");
  EXPECT_EQ(rules("rules/0/inboundRules/0/inbound"), R"({"port":9090,"tags":null})");
  EXPECT_EQ(rules("rules/0/inboundRules/0/rules/0/conf"), R"([{"idleTimeout":"7s"}])");
  EXPECT_EQ(rules("rules/0/inboundRules/1"), "-");
}

TEST_F(Documents, AnInboundRuleShowsItsMatch) {
  world_.put<v1::MeshTimeout>("one", R"(rules {
    matches { spiffe_id { type: "Exact" value: "spiffe://a/b" } } default { idle_timeout { seconds: 7 } } })");
  EXPECT_EQ(rules("rules/0/inboundRules/0/rules/0/match"), R"({"spiffeID":{"type":"Exact","value":"spiffe://a/b"}})");
}

TEST_F(Documents, ADestinationHasTheRuleOfItsPortThenOfItsServiceThenOfTheMesh) {
  EXPECT_EQ(at_db("policies"), "[]");
  world_.put<v1::MeshTimeout>("all", kToAll);
  EXPECT_EQ(at_db("policies/0/conf/0/connectionTimeout"), R"("9s")");
  world_.put<v1::MeshTimeout>("db", kToDb);
  EXPECT_EQ(at_db("policies/0/conf/0/connectionTimeout"), R"("1s")");
  EXPECT_EQ(at_db("policies/0/origins"), R"([{"kri":"kri_mt_default___all_"},{"kri":"kri_mt_default___db_"}])");
  world_.put<v1::MeshTimeout>("db-pg", R"(to {
    target_ref { kind: "MeshService" labels { key: "app" value: "db" } section_name: "pg" }
    default { connection_timeout { seconds: 3 } } })");
  EXPECT_EQ(at_db("policies/0/conf/0/connectionTimeout"), R"("3s")");
}

TEST_F(Documents, AnUnknownDestinationHasWhatHoldsForTheMesh) {
  world_.put<v1::MeshTimeout>("all", kToAll);
  const Result<std::string> document = outbound_policies_document(*world_, effective(), "kri_msvc_default___gone_x");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(part(*document, "policies/0/conf/0/idleTimeout"), R"("9s")");
}

TEST_F(Documents, KindsAreListedInTheOrderOfTheirApplication) {
  world_.put<v1::MeshRetry>("r", R"(to { target_ref { kind: "Mesh" } default { http { num_retries: 3 } } })");
  world_.put<v1::MeshTimeout>("t", kToAll);
  EXPECT_EQ(at_db("policies/0/kind"), R"("MeshTimeout")");
  EXPECT_EQ(at_db("policies/1/kind"), R"("MeshRetry")");
  // Everything at once is sorted by name.
  EXPECT_EQ(rules("rules/0/type"), R"("MeshRetry")");
}

TEST_F(Documents, AnInboundHasEachRuleOfItsOwnUnmerged) {
  world_.put<v1::MeshTimeout>("a", "rules { default { idle_timeout { seconds: 1 } } }");
  world_.put<v1::MeshTimeout>("b", "rules { default { idle_timeout { seconds: 2 } } }");
  EXPECT_EQ(at_inbound("http", "policies"),
            R"([{"kind":"MeshTimeout","rules":[{"kri":"kri_mt_default___b_","conf":{"idleTimeout":"2s"}},)"
            R"({"kri":"kri_mt_default___a_","conf":{"idleTimeout":"1s"}}],)"
            R"("origins":[{"kri":"kri_mt_default___b_"},{"kri":"kri_mt_default___a_"}]}])");
}

TEST_F(Documents, AnInboundThatIsNotThereIsNotFoundAndAWordIsNoIdentifier) {
  EXPECT_TRUE(is_not_found(inbound_policies_document(effective(), "kri_dp_default___web_gone").status()));
  EXPECT_TRUE(is_not_found(inbound_policies_document(effective(), "kri_dp_default___other_http").status()));
  EXPECT_EQ(inbound_policies_document(effective(), "gone").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outbound_policies_document(*world_, effective(), "gone").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(route_policies_document(*world_, effective(), "kri_msvc_default___db_pg", "gone").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Documents, TheOlderListHoldsThePoliciesThemselves) {
  EXPECT_EQ(part(matched_policies_document(*world_, effective()), "total"), "0");
  world_.put<v1::MeshTimeout>("all", kToAll);
  const std::string document = matched_policies_document(*world_, effective());
  EXPECT_EQ(part(document, "items/0/matchedPolicies/MeshTimeout/0/name"), R"("all")");
}

// A MeshHTTPRoute to the service db with one rule for `path`, which leads to `port`.
std::string http_route(const std::string& path, int port) {
  return cat(R"(to { target_ref { kind: "MeshService" labels { key: "app" value: "db" } }
    rules { matches { path { type: "PathPrefix" value: ")",
             path, R"(" } }
            default { backend_refs { kind: "MeshService" labels { key: "app" value: "db" } port: )",
             port, " } } } }");
}

TEST_F(Documents, RoutesOfADestinationTellRuleByRuleWhoMadeThem) {
  const auto routes = [&](std::string_view path) {
    const Result<std::string> document = outbound_routes_document(*world_, effective(), "kri_msvc_default___db_pg");
    return document.ok() ? part(*document, path) : document.status().ToString();
  };
  EXPECT_EQ(routes("routes"), "[]");
  world_.put<v1::MeshHTTPRoute>("a", http_route("/a", 1));
  world_.put<v1::MeshHTTPRoute>("b", http_route("/b", 2));
  EXPECT_EQ(routes("routes/0/kind"), R"("MeshHTTPRoute")");
  EXPECT_EQ(routes("routes/0/rules/0/kri"), R"("kri_mhttpr_default___a_")");
  EXPECT_EQ(routes("routes/0/rules/0/matches"), R"([{"path":{"value":"/a","type":"PathPrefix"}}])");
  EXPECT_EQ(routes("routes/0/rules/0/conf/backendRefs/0/port"), "1");
  EXPECT_EQ(routes("routes/0/rules/1/kri"), R"("kri_mhttpr_default___b_")");
  EXPECT_EQ(routes("routes/0/origins"), R"([{"kri":"kri_mhttpr_default___b_"},{"kri":"kri_mhttpr_default___a_"}])");
  world_.put<v1::MeshTCPRoute>("t", R"(to { target_ref { kind: "MeshService" labels { key: "app" value: "db" } }
    rules { default { backend_refs { kind: "MeshService" labels { key: "app" value: "db" } port: 3 } } } })");
  EXPECT_EQ(routes("routes/1/kind"), R"("MeshTCPRoute")");
  EXPECT_EQ(routes("routes/1/rules/0/matches"), "null");
  EXPECT_EQ(routes("routes/1/rules/0/kri"), R"("")");
  EXPECT_EQ(routes("routes/1/rules/0/conf/backendRefs/0/port"), "3");
}

TEST_F(Documents, MatchesOfRoutesAreListedByTheirHash) {
  world_.put<v1::MeshHTTPRoute>("a", http_route("/all-to-v1", 1));
  EXPECT_EQ(rules("httpMatches"), R"([{"hash":"INA9CySpV6H/9i+YojV8runPQRKlTJorpk2wpmoIjeE=",)"
                                  R"("match":[{"path":{"value":"/all-to-v1","type":"PathPrefix"}}]}])");
}

TEST_F(Documents, WhatIsSaidOfARouteStandsAloneAndElseTheServiceAndTheMeshAreAsked) {
  world_.put<v1::MeshHTTPRoute>("r", http_route("/", 1), {{"app", "r"}});
  const auto timeout = [&] {
    const Result<std::string> document =
        route_policies_document(*world_, effective(), "kri_msvc_default___db_pg", "kri_mhttpr_default___r_");
    return document.ok() ? part(*document, "policies/0/conf/0") : document.status().ToString();
  };
  EXPECT_EQ(timeout(), "-");
  world_.put<v1::MeshTimeout>("db", kToDb);
  EXPECT_EQ(timeout(), R"({"connectionTimeout":"1s"})");
  world_.put<v1::MeshTimeout>("route", R"(to {
    target_ref { kind: "MeshHTTPRoute" labels { key: "app" value: "r" } } default { idle_timeout { seconds: 5 } } })");
  EXPECT_EQ(timeout(), R"({"idleTimeout":"5s"})");
}

TEST_F(Documents, APolicyConcernsTheDataplanesItSelects) {
  world_.put<v1::Dataplane>("api", kWeb, {{"app", "api"}});
  world_.put<v1::MeshTimeout>("all", kToAll);
  world_.put<v1::MeshTimeout>("one", R"(target_ref { kind: "Dataplane" labels { key: "app" value: "api" } })");
  EXPECT_EQ(names_of(dataplanes_of_policy(*world_, *world_->find({"MeshTimeout", "default", "all"}))),
            (std::vector<std::string>{"api", "web"}));
  EXPECT_EQ(names_of(dataplanes_of_policy(*world_, *world_->find({"MeshTimeout", "default", "one"}))),
            (std::vector<std::string>{"api"}));
}

TEST_F(Documents, AServiceIsRunByThoseWithAllItsLabels) {
  world_.put<v1::Dataplane>("web-2", kWeb, {{"app", "web"}, {"version", "2"}});
  world_.put<v1::MeshService>("web", R"(selector { dataplane_labels {
    match_labels { key: "app" value: "web" } match_labels { key: "version" value: "2" } } })");
  world_.put<v1::MeshService>("one", R"(selector { dataplane_ref { name: "web" } })");
  world_.put<v1::MeshService>("none", "");
  const auto instances = [&](const char* name) {
    return names_of(dataplanes_of_service(*world_, *world_->find({"MeshService", "default", name})));
  };
  EXPECT_EQ(instances("web"), (std::vector<std::string>{"web-2"}));
  EXPECT_EQ(instances("one"), (std::vector<std::string>{"web"}));
  EXPECT_EQ(instances("none"), std::vector<std::string>());
}

TEST_F(Documents, AServiceIsUsedByThoseThatReachIt) {
  world_.put<v1::Dataplane>("named", R"(networking {
    outbound { port: 1 backend_ref { kind: "MeshService" name: "db" port: 5432 } } })");
  world_.put<v1::Dataplane>("other", R"(networking {
    outbound { port: 1 backend_ref { kind: "MeshService" name: "api" port: 80 } } })");
  world_.put<v1::Dataplane>("shut", "networking { transparent_proxying { reachable_backends {} } }");
  EXPECT_EQ(names_of(clients_of_service(*world_, *world_->find({"MeshService", "default", "db"}))),
            (std::vector<std::string>{"named", "web"}));
}

}  // namespace
}  // namespace weft::cp
