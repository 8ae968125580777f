#include "control-plane/engine/hostnames.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_multi_zone_service.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestWorld;

class HostnamesTest : public ::testing::Test {
 protected:
  // Selects MeshServices that carry `labels` (protobuf text of match_labels entries).
  void generator(const std::string& name, const std::string& hostname, const std::string& labels = "",
                 Labels own = {{"kuma.io/origin", "zone"}}) {
    world_.put<v1::HostnameGenerator>(
        name, cat("template: '", hostname, "' selector { mesh_service { ", labels, " } }"), std::move(own));
  }
  void service(const std::string& name, Labels labels = {}) {
    world_.put<v1::MeshService>(name, "ports { port: 80 }", std::move(labels));
  }
  // "service: hostname" or "service: reason", in the order of the services and then of the generators.
  std::vector<std::string> assigned() {
    const std::vector<HostnameRule> rules = hostname_rules(*world_->table("HostnameGenerator", ""));
    std::vector<ResourcePtr> services;
    for (const char* type : {"MeshService", "MeshExternalService", "MeshMultiZoneService"}) {
      for (const auto& [name, resource] : *world_->table(type, "default")) services.push_back(resource);
    }
    std::vector<std::string> out;
    for (const auto& [key, outcomes] : assign_hostnames(rules, services, "east")) {
      for (const HostnameOutcome& outcome : outcomes) {
        out.push_back(cat(key.name, ": ", outcome.reason == "Generated" ? outcome.hostname : outcome.reason));
        EXPECT_EQ(outcome.message.empty(), outcome.reason == "Generated");
      }
    }
    return out;
  }
  std::vector<std::string> everywhere(const std::string& name, bool is_global) {
    const ResourcePtr service = world_->find({"MeshService", "default", name});
    std::vector<std::string> out;
    for (const auto& hostname : hostnames_of(*world_->table("HostnameGenerator", ""), *service, "east", is_global)) {
      out.push_back(cat(hostname.hostname, " ", join(hostname.zones, ",")));
    }
    return out;
  }

  TestWorld world_;
};

constexpr char kFromGlobal[] = "match_labels { key: 'kuma.io/origin' value: 'global' }";
constexpr char kFromZone[] = "match_labels { key: 'kuma.io/origin' value: 'zone' }";

TEST_F(HostnamesTest, AGeneratorNamesTheServicesThatCarryItsLabels) {
  generator("shop", "{{ .DisplayName }}.{{ label \"team\" }}.local", "match_labels { key: 'team' value: 'shop' }");
  service("cart", {{"team", "shop"}});
  service("bank", {{"team", "money"}});
  EXPECT_THAT(assigned(), ElementsAre("cart: cart.shop.local"));
}

TEST_F(HostnamesTest, AGeneratorWithoutLabelsNamesEveryServiceOfItsKind) {
  generator("all", "{{ .Name }}.local");
  world_.put<v1::MeshExternalService>("bank", "");
  service("cart");
  EXPECT_THAT(assigned(), ElementsAre("cart: cart.local"));
}

TEST_F(HostnamesTest, EachKindOfServiceHasItsSelector) {
  world_.put<v1::HostnameGenerator>("e", "template: '{{ .Name }}.ext' selector { mesh_external_service {} }");
  world_.put<v1::HostnameGenerator>("m", "template: '{{ .Name }}.mz' selector { mesh_multi_zone_service {} }");
  world_.put<v1::HostnameGenerator>("none", "template: '{{ .Name }}.x'");
  world_.put<v1::MeshExternalService>("bank", "");
  world_.put<v1::MeshMultiZoneService>("cart", "");
  service("web");
  EXPECT_THAT(assigned(), ElementsAre("bank: bank.ext", "cart: cart.mz"));
}

TEST_F(HostnamesTest, TheTemplateKnowsTheServiceAndItsZone) {
  generator("all", "{{ .Name }}.{{ .DisplayName }}.{{ .Namespace }}.{{ .Mesh }}.{{ .Zone }}");
  service("a", {{"kuma.io/display-name", "web"}, {"k8s.kuma.io/namespace", "ns"}, {"kuma.io/zone", "west"}});
  service("b", {{"k8s.kuma.io/namespace", "ns"}});
  EXPECT_THAT(assigned(), ElementsAre("a: a.web.ns.default.west", "b: b.b.ns.default.east"));
}

TEST_F(HostnamesTest, WhatComesToNoHostNameIsAnErrorOfTheOneService) {
  generator("team", "{{ .Name }}.{{ label \"team\" }}.local");
  service("a");
  service("b", {{"team", "Not_A_Name"}});
  service("c", {{"team", "shop"}});
  EXPECT_THAT(assigned(), ElementsAre("a: TemplateError", "b: TemplateError", "c: c.shop.local"));
}

TEST_F(HostnamesTest, ATemplateThatCannotBeReadNamesNothing) {
  generator("broken", "{{ .Name");
  service("a");
  EXPECT_THAT(assigned(), ElementsAre("a: TemplateError"));
}

TEST_F(HostnamesTest, ATakenNameBelongsToTheOlderServiceOfAnyKind) {
  world_.put<v1::HostnameGenerator>("a", "template: 'one.local' selector { mesh_external_service {} }");
  generator("b", "one.local");
  service("z-older");
  service("a-younger");
  EXPECT_THAT(assigned(), ElementsAre("a-younger: Collision", "z-older: one.local"));
  world_.put<v1::MeshExternalService>("outside", "");
  EXPECT_THAT(assigned(), ElementsAre("outside: one.local", "a-younger: Collision", "z-older: Collision"))
      << "the order of the generators comes before the age of the services";
}

TEST_F(HostnamesTest, AGeneratorOfThisZoneCountsBeforeOneFromAboveAndTheOlderBeforeTheYounger) {
  generator("from-above", "{{ .Name }}.local", "", {{"kuma.io/origin", "global"}});
  generator("second", "{{ .Name }}.local");
  generator("first-by-name", "{{ .Name }}.other");
  service("web");
  EXPECT_THAT(assigned(), ElementsAre("web: web.local", "web: web.other", "web: Collision"));
}

TEST_F(HostnamesTest, SeveralGeneratorsGiveAServiceSeveralNames) {
  generator("a", "{{ .Name }}.a");
  generator("b", "{{ .Name }}.b");
  service("web");
  EXPECT_THAT(assigned(), ElementsAre("web: web.a", "web: web.b"));
}

TEST_F(HostnamesTest, AZoneShowsWhatItsGeneratorsMakeOfAServiceAsItIsLabelled) {
  generator("b", "{{ .DisplayName }}.svc.{{ .Zone }}.local", kFromZone);
  generator("a", "{{ .DisplayName }}.far", kFromGlobal);
  generator("c", "{{ .DisplayName }}.{{ label \"nope\" }}");
  service("Web", {{"kuma.io/origin", "zone"}, {"kuma.io/zone", "west"}});
  EXPECT_THAT(everywhere("Web", false), ElementsAre("Web.svc.west.local west")) << "not judged as a host name";
}

TEST_F(HostnamesTest, OnGlobalAGeneratorCountsWhereItsZoneSeesTheServiceSo) {
  generator("global-far", "{{ .Name }}.far", kFromGlobal, {{"kuma.io/origin", "global"}});
  generator("global-near", "{{ .Name }}.near", kFromZone, {{"kuma.io/origin", "global"}});
  generator("west-near", "{{ .Name }}.west", kFromZone, {{"kuma.io/origin", "zone"}, {"kuma.io/zone", "west"}});
  generator("west-far", "{{ .Name }}.no", kFromGlobal, {{"kuma.io/origin", "zone"}, {"kuma.io/zone", "west"}});
  generator("east-near", "{{ .Name }}.no", kFromZone, {{"kuma.io/origin", "zone"}, {"kuma.io/zone", "east"}});
  service("web", {{"kuma.io/origin", "zone"}, {"kuma.io/zone", "west"}});
  EXPECT_THAT(everywhere("web", true), ElementsAre("web.far west", "web.near west", "web.west west"));
}

TEST_F(HostnamesTest, OnGlobalWhatBelongsToNoZoneIsSeenAsFromAbove) {
  generator("far", "{{ .Name }}.far", kFromGlobal, {{"kuma.io/origin", "global"}});
  generator("near", "{{ .Name }}.near", kFromZone, {{"kuma.io/origin", "global"}});
  service("web.old");
  EXPECT_THAT(everywhere("web.old", true), ElementsAre("web.old.far web"));
}

TEST_F(HostnamesTest, OneNameOfTwoGeneratorsIsShownOnce) {
  generator("a", "{{ .Name }}.local");
  generator("b", "{{ .Name }}.local");
  service("web", {{"kuma.io/zone", "east"}});
  EXPECT_THAT(everywhere("web", false), ElementsAre("web.local east"));
  EXPECT_THAT(hostnames_of({}, *world_->find({"MeshService", "default", "web"}), "east", false), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
