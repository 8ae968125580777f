#include "policies/to_rules.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::policy_of;
using ::testing::UnorderedElementsAre;

// A to-item: `conf` is the idle, connection or request time in seconds.
std::string to(const std::string& target, const std::string& conf) {
  return "to { target_ref { " + target + " } default { " + conf + " } }";
}
const std::string kMesh = "kind: 'Mesh'";
const std::string kBackend = "kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'backend' }";
std::string idle(int seconds) { return cat("idle_timeout { seconds: ", seconds, " } "); }
std::string connect(int seconds) { return cat("connection_timeout { seconds: ", seconds, " } "); }

TargetResource service(const std::string& name, Labels labels = {}) {
  labels.insert({"kuma.io/display-name", name});
  return {"MeshService", "default", name, cat("kri_msvc_default___", name, "_"), labels, {{80, "http"}, {9000, ""}}};
}

class ToRulesTest : public ::testing::Test {
 protected:
  ToRulesTest() {
    mesh_ = {"Mesh", "default", "default", "kri_m____default_", {}, {}};
    backend_ = service("backend", {{"env", "dev"}});
    admin_ = service("admin", {{"env", "dev"}});
    external_ = {
        "MeshExternalService", "default", "bank", "kri_extsvc_default___bank_", {{"kuma.io/display-name", "bank"}}, {}};
    reader_ = {&mesh_, {&admin_, &backend_, &external_}};
  }

  ToRules rules(const std::vector<PolicyPtr>& policies) { return to_rules(sorted_to_entries(policies), reader_); }
  static std::vector<std::string> keys(const ToRules& rules) {
    std::vector<std::string> out;
    for (const auto& [kri, rule] : rules) out.push_back(kri);
    return out;
  }
  static v1::MeshTimeoutConf conf(const EffectiveConf& effective) {
    return static_cast<const v1::MeshTimeoutConf&>(*effective.conf);
  }
  static std::vector<std::string> origins(const EffectiveConf& effective) {
    std::vector<std::string> out;
    for (const ConfOrigin& origin : effective.origins) out.push_back(cat(origin.policy->meta.name, "#", origin.index));
    return out;
  }
  PolicyPtr timeout(const std::string& name, const std::string& spec) { return policy_of<v1::MeshTimeout>(name, spec); }

  TargetResource mesh_, backend_, admin_, external_;
  TargetReader reader_;
};

TEST_F(ToRulesTest, AServiceInheritsWhatIsSaidOfTheMesh) {
  const ToRules all = rules({timeout("p", to(kMesh, idle(9)) + to(kBackend, connect(11)) + to(kMesh, connect(21)))});
  EXPECT_THAT(keys(all), UnorderedElementsAre("kri_m____default_", "kri_msvc_default___backend_"));
  const EffectiveConf& mesh = all.at("kri_m____default_").effective;
  EXPECT_EQ(conf(mesh).connection_timeout().seconds(), 21);
  EXPECT_EQ(conf(mesh).idle_timeout().seconds(), 9);
  EXPECT_THAT(origins(mesh), ElementsAre("p#0", "p#2"));
  const EffectiveConf& backend = all.at("kri_msvc_default___backend_").effective;
  EXPECT_EQ(conf(backend).connection_timeout().seconds(), 11);
  EXPECT_EQ(conf(backend).idle_timeout().seconds(), 9);
  EXPECT_THAT(origins(backend), ElementsAre("p#0", "p#2", "p#1"));
}

TEST_F(ToRulesTest, APortInheritsFromItsService) {
  const ToRules all =
      rules({timeout("p", to(kBackend, connect(111) + idle(9)) + to(kBackend + " section_name: 'http'", connect(11)))});
  EXPECT_THAT(keys(all), UnorderedElementsAre("kri_msvc_default___backend_", "kri_msvc_default___backend_http"));
  EXPECT_EQ(conf(all.at("kri_msvc_default___backend_").effective).connection_timeout().seconds(), 111);
  const EffectiveConf& http = all.at("kri_msvc_default___backend_http").effective;
  EXPECT_EQ(conf(http).connection_timeout().seconds(), 11);
  EXPECT_EQ(conf(http).idle_timeout().seconds(), 9);
  EXPECT_THAT(origins(http), ElementsAre("p#0", "p#1"));
}

TEST_F(ToRulesTest, LabelsNameEveryResourceThatCarriesThem) {
  const std::string dev = "kind: 'MeshService' labels { key: 'env' value: 'dev' }";
  EXPECT_THAT(keys(rules({timeout("p", to(dev, idle(1)))})),
              UnorderedElementsAre("kri_msvc_default___admin_", "kri_msvc_default___backend_"));
  EXPECT_THAT(keys(rules({timeout("p", to(dev + " labels { key: 'team' value: 'x' }", idle(1)))})), IsEmpty());
}

TEST_F(ToRulesTest, AnItemThatNamesNothingVanishes) {
  EXPECT_THAT(keys(rules({timeout("p", to(kBackend + " section_name: 'grpc'", idle(1)))})), IsEmpty());
  EXPECT_THAT(keys(rules({timeout("p", to("kind: 'MeshService'", idle(1)))})), IsEmpty());
  reader_.mesh = nullptr;
  EXPECT_THAT(keys(rules({timeout("p", to(kMesh, idle(1)))})), IsEmpty());
}

TEST_F(ToRulesTest, ANumberNamesOnlyAPortWithoutName) {
  EXPECT_THAT(keys(rules({timeout("p", to(kBackend + " section_name: '9000'", idle(1)))})),
              ElementsAre("kri_msvc_default___backend_9000"));
  EXPECT_THAT(keys(rules({timeout("p", to(kBackend + " section_name: '80'", idle(1)))})), IsEmpty());
}

TEST_F(ToRulesTest, APolicyForTheProxyBeatsAServiceOfAPolicyForTheMesh) {
  const ToRules all = rules({timeout("proxy", "target_ref { kind: 'Dataplane' } " + to(kMesh, idle(2))),
                             timeout("mesh", to(kBackend, idle(1)))});
  EXPECT_EQ(conf(all.at("kri_msvc_default___backend_").effective).idle_timeout().seconds(), 2);
}

TEST_F(ToRulesTest, LookUpGoesFromThePortToTheServiceToTheMesh) {
  const ToRules all = rules(
      {timeout("p", to(kMesh, idle(1)) + to(kBackend, idle(2)) + to(kBackend + " section_name: 'http'", idle(3)))});
  const auto seconds = [&](const TargetResource& resource, const char* section) {
    return conf(find_to_rule(all, resource.kri, section, mesh_.kri)->effective).idle_timeout().seconds();
  };
  EXPECT_EQ(seconds(backend_, "http"), 3);
  EXPECT_EQ(seconds(backend_, "9000"), 2);
  EXPECT_EQ(seconds(admin_, "http"), 1);
  EXPECT_EQ(find_to_rule(rules({}), admin_.kri, "http", mesh_.kri), nullptr);
}

TEST_F(ToRulesTest, WhatIsSaidOfARouteIsUsedWhole) {
  const std::string route = "kind: 'MeshHTTPRoute' labels { key: 'kuma.io/display-name' value: 'r' }";
  TargetResource r = {"MeshHTTPRoute", "default", "r", "kri_mhttpr_default___r_", {{"kuma.io/display-name", "r"}}, {}};
  reader_.resources.push_back(&r);
  const ToRules all = rules({timeout("p", to(kMesh, connect(1)) + to(kBackend, idle(2)) + to(route, idle(3)))});
  const ToRule* found = find_route_rule(all, r.kri, backend_.kri, "http", mesh_.kri);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->resource, &r);
  EXPECT_EQ(conf(found->effective).idle_timeout().seconds(), 3);
  EXPECT_EQ(conf(found->effective).connection_timeout().seconds(), 1);  // what is said of the mesh is in it already
  EXPECT_EQ(find_route_rule(all, "kri_mhttpr_default___other_", backend_.kri, "http", mesh_.kri)->resource, &backend_);
  EXPECT_EQ(find_route_rule(all, "kri_mhttpr_default___other_", admin_.kri, "http", mesh_.kri)->resource, &mesh_);
}

TEST_F(ToRulesTest, OneMergeForADestinationGivesWhatTheLookUpGives) {
  const std::vector<PolicyPtr> policies = {
      timeout("aaa", to(kMesh, idle(1) + connect(1)) + to(kBackend + " section_name: 'http'", idle(3))),
      timeout("zzz", to(kBackend, idle(2)) + to(kMesh, connect(5))),
      timeout("mmm", "target_ref { kind: 'Dataplane' } " +
                         to("kind: 'MeshExternalService' labels { key: 'kuma.io/display-name'"
                            "value: 'bank' }",
                            idle(7)))};
  const ToRules all = rules(policies);
  const std::vector<ToEntry> entries = sorted_to_entries(policies);
  for (const TargetResource* resource : reader_.resources) {
    for (const char* section : {"http", "9000", ""}) {
      const ToRule* found = find_to_rule(all, resource->kri, section, mesh_.kri);
      const EffectiveConf direct = effective_to_conf(entries, *resource, section, true);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(conf(found->effective).ShortDebugString(), conf(direct).ShortDebugString())
          << resource->name << section;
      EXPECT_EQ(origins(found->effective), origins(direct)) << resource->name << section;
    }
  }
}

}  // namespace
}  // namespace weft
