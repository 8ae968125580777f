#include "control-plane/engine/policy_warnings.h"

#include <gmock/gmock.h>

#include "control-plane/engine/test_world.h"
#include "control-plane/engine/views.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_access_log.pb.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_http_route.pb.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/mesh_metric.pb.h"
#include "weft/v1/mesh_open_telemetry_backend.pb.h"
#include "weft/v1/mesh_proxy_patch.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_tcp_route.pb.h"
#include "weft/v1/mesh_timeout.pb.h"
#include "weft/v1/mesh_trace.pb.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestWorld;

class WarningsTest : public ::testing::Test {
 protected:
  WarningsTest() {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::Dataplane>("web-1",
                              "networking { address: '10.0.0.1' inbound { port: 80 name: 'http' protocol: 'http' } }",
                              {{"app", "web"}});
    world_.put<v1::MeshService>("web", "ports { port: 80 name: 'http' app_protocol: 'http' }");
  }
  std::vector<std::string> warnings(const std::string& spec, const Labels& labels = {}) {
    TestWorld with = world_;
    with.put<v1::MeshTimeout>("p", spec, labels);
    return policy_warnings(*world_, *with->find({"MeshTimeout", "default", "p"}));
  }
  template <typename Spec>
  std::vector<std::string> warnings_of(const std::string& spec, const Labels& labels = {}) {
    TestWorld with = world_;
    with.put<Spec>("p", spec, labels);
    const std::string& type = Spec::descriptor()->options().GetExtension(v1::resource).type();
    std::vector<std::string> all = policy_warnings(*world_, *with->find({type, "default", "p"}));
    // Said of every kind that is not enforced; another test is about it.
    std::erase_if(all,
                  [](const std::string& warning) { return warning.find("does not act on it yet") != warning.npos; });
    return all;
  }
  void put_identity(const std::string& labels = "") {
    world_.put<v1::MeshIdentity>("identity", "selector { dataplane { " + labels + " } }");
  }
  TestWorld world_;
};

constexpr char kWeb[] = "labels { key: 'kuma.io/display-name' value: 'web' } ";

std::string to_service(const std::string& name, const std::string& section) {
  return "to { target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: '" + name +
         "' } section_name: '" + section + "' } }";
}

TEST_F(WarningsTest, APolicyThatFitsSaysNothing) {
  EXPECT_THAT(warnings("target_ref { kind: 'Mesh' } to { target_ref { kind: 'Mesh' } }"), IsEmpty());
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } section_name: 'http' } rules { }"),
      IsEmpty());
  EXPECT_THAT(warnings(to_service("web", "http")), IsEmpty());
}

TEST_F(WarningsTest, APolicyThatSelectsNoProxySaysSo) {
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'wbe' } } rules { }"),
      ElementsAre("spec.targetRef: no Dataplane of mesh 'default' fits {app: wbe}: the policy applies to nothing yet"));
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } section_name: '80' } rules { }"),
      ElementsAre("spec.targetRef: no selected Dataplane has an inbound '80': the policy applies to nothing yet"));
}

TEST_F(WarningsTest, AnItemThatNamesNothingSaysSo) {
  EXPECT_THAT(
      warnings(to_service("wbe", "")),
      ElementsAre(
          "spec.to[0].targetRef: no MeshService of mesh 'default' carries the labels {kuma.io/display-name: wbe}:"
          " the item applies to nothing yet"));
  EXPECT_THAT(warnings(to_service("web", "80")), ElementsAre(HasSubstr("no selected MeshService has a port '80'")));
}

TEST_F(WarningsTest, AShadowPolicyIsAnnounced) {
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' } }", {{"kuma.io/effect", "shadow"}}),
              ElementsAre(HasSubstr("changes nothing")));
}

std::string request_timeout(int seconds) {
  return cat(" default { http { request_timeout { seconds: ", seconds, " } } } ");
}

TEST_F(WarningsTest, AValueThatAStrongerPolicySetsTooSaysSo) {
  world_.put<v1::MeshTimeout>("everywhere", "to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}");
  EXPECT_THAT(
      warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(3) + "}"),
      ElementsAre(
          "spec.to[0].default: http.requestTimeout has no effect: MeshTimeout 'everywhere' sets the same and wins"
          " (of two equal policies the smaller name wins)"));
  // More specific, another value, or the same value: nothing to say.
  EXPECT_THAT(warnings("to { target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'web' } }" +
                       request_timeout(3) + "}"),
              IsEmpty());
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } } to { target_ref { kind: 'Mesh' }" +
               request_timeout(3) + "}"),
      IsEmpty());
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' } default { idle_timeout { seconds: 3 } } }"), IsEmpty());
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}"), IsEmpty());
}

TEST_F(WarningsTest, RulesForEverybodyAreComparedToo) {
  world_.put<v1::MeshTimeout>("in", "rules {" + request_timeout(15) + "}");
  EXPECT_THAT(warnings("rules {" + request_timeout(3) + "}"),
              ElementsAre(HasSubstr("spec.rules[0].default: http.requestTimeout")));
  put_identity();
  EXPECT_THAT(
      warnings("rules { matches { spiffe_id { type: 'Exact' value: 'spiffe://m' } }" + request_timeout(3) + "}"),
      IsEmpty());
}

TEST_F(WarningsTest, AShadowPolicyOverridesNothing) {
  world_.put<v1::MeshTimeout>("everywhere", "to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}",
                              {{"kuma.io/effect", "shadow"}});
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(3) + "}"), IsEmpty());
}

TEST_F(WarningsTest, AWriteAmongVeryManyPoliciesDoesNotWaitForTheComparison) {
  for (int i = 0; i < 300; ++i) {
    world_.put<v1::MeshTimeout>(cat("everywhere-", i), "to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}");
  }
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(3) + "}"), IsEmpty());
}

TEST_F(WarningsTest, AKindThatNoProxyActsOnSaysSo) {
  TestWorld with = world_;
  with.put<v1::MeshTCPRoute>("p", "");
  EXPECT_THAT(policy_warnings(*world_, *with->find({"MeshTCPRoute", "default", "p"})),
              ElementsAre("MeshTCPRoute is kept and shown, but weft-proxy does not act on it yet"));
}

TEST_F(WarningsTest, AKindThatNoProxyOfOursCanActOnSaysWhy) {
  EXPECT_THAT(warnings_of<v1::MeshProxyPatch>("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'x' } }"),
              ElementsAre("MeshProxyPatch has no effect here: it patches the configuration of an Envoy, and weft-proxy"
                          " is none"));
}

TEST_F(WarningsTest, DestinationsOfEveryKindAreLookedUp) {
  for (const std::string kind : {"MeshExternalService", "MeshMultiZoneService", "MeshHTTPRoute"}) {
    EXPECT_THAT(warnings("to { target_ref { kind: '" + kind + "' " + kWeb + "} }"),
                ElementsAre(HasSubstr("no " + kind + " of mesh 'default' carries the labels")));
  }
  world_.put<v1::MeshHTTPRoute>("web", "");
  EXPECT_THAT(warnings(std::string("to { target_ref { kind: 'MeshHTTPRoute' ") + kWeb + "} }"), IsEmpty());
}

std::string route(const std::string& action, const std::string& matches = "matches {}") {
  return cat("to { target_ref { kind: 'MeshService' ", kWeb, "} rules { ", matches, " default { ", action, " } } } ");
}

TEST_F(WarningsTest, ABackendThatIsNotThereSaysSo) {
  const auto backend = [&](const std::string& more, const std::string& name = "web") {
    return warnings_of<v1::MeshHTTPRoute>(
        route("backend_refs { kind: 'MeshService' labels { key:"
              " 'kuma.io/display-name' value: '" +
              name + "' } " + more + "}"));
  };
  EXPECT_THAT(backend(""), IsEmpty());
  EXPECT_THAT(backend("port: 80"), IsEmpty());
  EXPECT_THAT(backend("section_name: 'http'"), IsEmpty());
  EXPECT_THAT(backend("", "wbe"),
              ElementsAre("spec.to[0].rules[0].default.backendRefs[0]: no MeshService of mesh 'default' carries the"
                          " labels {kuma.io/display-name: wbe}: traffic for this backend fails"));
  EXPECT_THAT(backend("port: 81"), ElementsAre(HasSubstr("MeshService 'web' has no port '81'")));
  world_.put<v1::MeshService>("web", "ports { port: 80 app_protocol: 'http' } ports { port: 81 }");
  EXPECT_THAT(backend(""), ElementsAre(HasSubstr("has several ports: say which one")));
}

TEST_F(WarningsTest, MirrorsAreBackendsToo) {
  EXPECT_THAT(warnings_of<v1::MeshHTTPRoute>(
                  route("filters { type: 'RequestMirror' request_mirror { backend_ref { kind: 'MeshExternalService' "
                        "labels { key: 'a' value: 'b' } } } }")),
              ElementsAre(HasSubstr("spec.to[0].rules[0].default.filters[0].requestMirror.backendRef: no "
                                    "MeshExternalService of mesh 'default' carries the labels {a: b}")));
}

TEST_F(WarningsTest, AnItemOfANamespaceMeansItsOwnServices) {
  const Labels shop = {{"k8s.kuma.io/namespace", "shop"}};
  const std::string spec = route(cat("backend_refs { kind: 'MeshService' ", kWeb, "}"));
  EXPECT_THAT(warnings_of<v1::MeshHTTPRoute>(spec, shop),
              ElementsAre(HasSubstr("{k8s.kuma.io/namespace: shop, kuma.io/display-name: web}")));
}

TEST_F(WarningsTest, ACollectorThatIsNotThereSaysSo) {
  const std::string log =
      "rules { default { backends { type: 'OpenTelemetry' open_telemetry { backend_ref { kind: "
      "'MeshOpenTelemetryBackend' labels { key: 'kuma.io/display-name' value: 'otel' } } } } } }";
  EXPECT_THAT(warnings_of<v1::MeshAccessLog>(log),
              ElementsAre("spec.rules[0].default.backends[0].openTelemetry.backendRef: no MeshOpenTelemetryBackend of "
                          "mesh 'default' carries the labels {kuma.io/display-name: otel}: nothing is sent there"));
  world_.put<v1::MeshOpenTelemetryBackend>("otel", "");
  EXPECT_THAT(warnings_of<v1::MeshAccessLog>(log), IsEmpty());
}

TEST_F(WarningsTest, WhatIsAboutIdentitiesNeedsThem) {
  const std::string permission = "rules { default { allow { spiffe_id { type: 'Exact' value: 'spiffe://m' } } } }";
  const auto needs = ElementsAre(
      "MeshTrafficPermission is about workloads with an identity, and no MeshIdentity of mesh 'default' selects a "
      "Dataplane the policy is for: it has no effect yet");
  EXPECT_THAT(warnings_of<v1::MeshTrafficPermission>(permission), needs);
  put_identity("match_labels { key: 'app' value: 'other' }");
  EXPECT_THAT(warnings_of<v1::MeshTrafficPermission>(permission), needs);
  put_identity("match_labels { key: 'app' value: 'web' }");
  EXPECT_THAT(warnings_of<v1::MeshTrafficPermission>(permission), IsEmpty());
  put_identity();
  EXPECT_THAT(warnings_of<v1::MeshTrafficPermission>(permission), IsEmpty());
}

TEST_F(WarningsTest, AnIdentityBeforeAnyPermissionRefusesEverybodyAndSaysSo) {
  const std::string everybody = "selector { dataplane { } }";
  EXPECT_THAT(warnings_of<v1::MeshIdentity>(everybody),
              ElementsAre(HasSubstr("no MeshTrafficPermission of mesh 'default' lets anybody in")));
  EXPECT_THAT(warnings_of<v1::MeshIdentity>(""), IsEmpty()) << "it selects nobody";
  const std::string whom = " { spiffe_id { type: 'Exact' value: 'spiffe://m' } } } }";
  world_.put<v1::MeshTrafficPermission>("keep-out", "rules { default { deny" + whom);
  EXPECT_THAT(warnings_of<v1::MeshIdentity>(everybody), ElementsAre(HasSubstr("lets anybody in")));
  world_.put<v1::MeshTrafficPermission>("let-in", "rules { default { allow" + whom);
  EXPECT_THAT(warnings_of<v1::MeshIdentity>(everybody), IsEmpty());
}

TEST_F(WarningsTest, ARuleForCallersByIdentityNeedsIdentitiesToo) {
  EXPECT_THAT(warnings("rules { matches { spiffe_id { type: 'Exact' value: 'spiffe://m' } } default { idle_timeout { } "
                       "} } rules { matches { sni { value: 'a' } } default { idle_timeout { } } }"),
              ElementsAre(HasSubstr("spec.rules[0].matches names callers by their identity")));
}

TEST_F(WarningsTest, SettingsOfRequestsNeedAPortThatSpeaksHttp) {
  world_.put<v1::MeshService>("db", "ports { port: 5432 } ports { port: 8080 name: 'admin' app_protocol: 'HTTP2' }");
  const auto to_db = [&](const std::string& section, const std::string& conf) {
    return warnings(
        "to { target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'db' } "
        "section_name: '" +
        section + "' } " + conf + " }");
  };
  EXPECT_THAT(to_db("5432", request_timeout(3)),
              ElementsAre("spec.to[0].default: http is about requests, and no selected MeshService has a port that "
                          "speaks http, http2 or grpc (appProtocol): it has no effect yet"));
  EXPECT_THAT(to_db("5432", "default { idle_timeout { seconds: 3 } }"), IsEmpty());
  EXPECT_THAT(to_db("admin", request_timeout(3)), IsEmpty());
  EXPECT_THAT(to_db("", request_timeout(3)), IsEmpty());
}

TEST_F(WarningsTest, ForTheWholeMeshOnePortThatSpeaksHttpIsEnough) {
  const std::string everywhere = "to { target_ref { kind: 'Mesh' } " + request_timeout(3) + " }";
  world_.put<v1::MeshService>("db", "ports { port: 5432 }");
  EXPECT_THAT(warnings(everywhere), IsEmpty());
  world_.remove({"MeshService", "default", "web"});
  EXPECT_THAT(warnings(everywhere), ElementsAre(HasSubstr("no service of mesh 'default' has a port that speaks http")));
  world_.put<v1::MeshExternalService>("out", "match { port: 443 protocol: 'http' }");
  EXPECT_THAT(warnings(everywhere), IsEmpty());
  world_.remove({"MeshExternalService", "default", "out"});
  world_.remove({"MeshService", "default", "db"});
  EXPECT_THAT(warnings(everywhere), IsEmpty());  // nothing is known yet
}

TEST_F(WarningsTest, ARouteOfRequestsNeedsHttpToo) {
  EXPECT_THAT(warnings_of<v1::MeshHTTPRoute>(route("")), IsEmpty());
  world_.put<v1::MeshService>("web", "ports { port: 80 }");
  EXPECT_THAT(warnings_of<v1::MeshHTTPRoute>(route("")), ElementsAre(HasSubstr("spec.to[0] is about requests")));
}

TEST_F(WarningsTest, InboundsAreLookedAtForWhatArrives) {
  world_.put<v1::Dataplane>("db-1", "networking { address: '10.0.0.2' inbound { port: 5432 } }", {{"app", "db"}});
  const std::string rules = "rules { " + request_timeout(3) + " }";
  EXPECT_THAT(warnings(rules), IsEmpty());
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'db' } } " + rules),
      ElementsAre("spec.rules[0].default: http is about requests, and no selected inbound speaks http, http2 or "
                  "grpc (protocol): it has no effect yet"));
}

TEST_F(WarningsTest, AKindWithOneDefaultNeedsHttpOnEitherSide) {
  const std::string trace = "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'db' } } default {}";
  world_.put<v1::Dataplane>("db-1", "networking { address: '10.0.0.2' inbound { port: 5432 } }", {{"app", "db"}});
  EXPECT_THAT(warnings_of<v1::MeshTrace>(trace), IsEmpty());  // it may call web
  world_.remove({"MeshService", "default", "web"});
  EXPECT_THAT(warnings_of<v1::MeshTrace>(trace), ElementsAre(HasSubstr("spec is about requests")));
}

TEST_F(WarningsTest, ARouteRuleThatNothingReachesSaysSo) {
  const std::string narrow = "rules { matches { method: 'PUT' } default {} } ";
  const std::string wide = "rules { matches { path { type: 'PathPrefix' value: '/' } } default {} } ";
  const std::string start = cat("to { target_ref { kind: 'MeshService' ", kWeb, "} ");
  EXPECT_THAT(
      warnings_of<v1::MeshHTTPRoute>(start + narrow + wide + "}"),
      ElementsAre("spec.to[0].rules[0] is never reached: spec.to[0].rules[1] comes first and takes all it would "
                  "take"));
  world_.put<v1::MeshHTTPRoute>("zzz", start + wide + "}");
  EXPECT_THAT(warnings_of<v1::MeshHTTPRoute>(start + narrow + "}"),
              ElementsAre(HasSubstr("spec.to[0].rules[0] of MeshHTTPRoute 'zzz' comes first")));
  // For other proxies, or another service: nothing to say.
  world_.put<v1::MeshHTTPRoute>(
      "zzz", "target_ref { kind: 'Dataplane' labels { key: 'a' value: 'b' } } " + start + wide + "}");
  EXPECT_THAT(warnings_of<v1::MeshHTTPRoute>(start + narrow + "}"), IsEmpty());
}

TEST_F(WarningsTest, RulesOfRoutesAndJoinedListsOverrideNothing) {
  world_.put<v1::MeshHTTPRoute>("a", route("", "matches { method: 'PUT' }"));
  EXPECT_THAT(warnings_of<v1::MeshHTTPRoute>(route("", "matches { method: 'GET' }")), IsEmpty());
  world_.put<v1::MeshMetric>("a", "default { sidecar { profiles { append_profiles { name: 'All' } } } }");
  EXPECT_THAT(warnings_of<v1::MeshMetric>("default { sidecar { profiles { append_profiles { name: 'None' } } } }"),
              IsEmpty());
}

TEST_F(WarningsTest, KindsWithOneDefaultAreCompared) {
  world_.put<v1::MeshMetric>("a", "default { sidecar { include_unused: true } }");
  EXPECT_THAT(
      warnings_of<v1::MeshMetric>("default { sidecar { include_unused: false } }"),
      ElementsAre(HasSubstr("spec.default: sidecar.includeUnused has no effect: MeshMetric 'a' sets the same")));
}

TEST_F(WarningsTest, RulesThatAddUpOverrideNothing) {
  put_identity();
  const auto allow = [](const std::string& who) {
    return "rules { default { allow { spiffe_id { type: 'Exact' value: 'spiffe://" + who + "' } } } }";
  };
  world_.put<v1::MeshTrafficPermission>("a", allow("x"));
  EXPECT_THAT(warnings_of<v1::MeshTrafficPermission>(allow("y")), IsEmpty());
}

TEST_F(WarningsTest, OneProxyIsToldWhatHoldsForIt) {
  world_.put<v1::Dataplane>("db-1", "networking { address: '10.0.0.2' inbound { port: 5432 } }", {{"app", "db"}});
  world_.put<v1::MeshTimeout>("in", "rules { " + request_timeout(3) + " }");
  const auto told = [&](const std::string& dataplane) {
    const PolicyPtr policy = view_policy(world_->find({"MeshTimeout", "default", "in"}));
    return proxy_warnings(*world_, world_->find({"Dataplane", "default", dataplane}), {&policy, 1});
  };
  EXPECT_THAT(told("web-1"), IsEmpty());
  EXPECT_THAT(told("db-1"), ElementsAre(HasSubstr("in: spec.rules[0].default: http is about requests")));
}

TEST_F(WarningsTest, WhatTheKindRemarksIsSaidToo) {
  TestWorld with = world_;
  with.put<v1::MeshRetry>("p",
                          "to { target_ref { kind: 'Mesh' } default { http { back_off { base_interval { } } } } }");
  EXPECT_THAT(policy_warnings(*world_, *with->find({"MeshRetry", "default", "p"})),
              ElementsAre(HasSubstr("backOff.baseInterval is not above zero")));
}

TEST_F(WarningsTest, OtherResourcesHaveNoWarnings) {
  EXPECT_THAT(policy_warnings(*world_, *world_->find({"MeshService", "default", "web"})), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
