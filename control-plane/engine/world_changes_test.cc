#include "control-plane/engine/world_changes.h"

#include <gmock/gmock.h>

#include "base/document/document.h"
#include "control-plane/engine/effective_document.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestWorld;

class WorldChangesTest : public ::testing::Test {
 protected:
  WorldChangesTest() {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::MeshService>("backend",
                                "selector { dataplane_labels { match_labels { key: 'app' value: 'backend' } } }"
                                "ports { name: 'http' port: 80 app_protocol: 'http' }");
    dataplane("backend-1", "10.0.0.2", "backend");
    dataplane("web-1", "10.0.0.1", "web",
              "outbound { port: 33010 backend_ref { kind: 'MeshService' name: 'backend' port: 80 } }");
  }

  void dataplane(const std::string& name, const std::string& address, const std::string& app,
                 const std::string& more = "") {
    world_.put<v1::Dataplane>(
        name, cat("networking { address: '", address, "' inbound { port: 80 service_port: 8080 } ", more, " }"),
        {{"app", app}});
  }
  void timeout(const std::string& name, const std::string& text) { world_.put<v1::MeshTimeout>(name, text); }
  static std::string to(const std::string& target, const std::string& conf) {
    return cat("to { target_ref { ", target, " } default { ", conf, " } } ");
  }
  static std::string backend_only() {
    return "kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'backend' }";
  }

  // "web-1: MeshTimeout outbound MeshService/backend idleTimeout 1s>2s by a"
  std::vector<std::string> rules(const World& before, std::vector<ResourceKey> changed) {
    std::vector<std::string> out;
    for (const ProxyChange& proxy : world_changes(before, *world_, changed)) {
      for (const RuleChange& rule : proxy.rules) {
        for (const FieldChange& field : rule.fields) {
          const size_t name = field.policy.find("___");
          out.push_back(cat(proxy.name, ": ", rule.kind, " ", side_name(rule.side), " ", rule.type, "/", rule.name, " ",
                            field.path, " ", field.before, ">", field.after, " by ",
                            name == field.policy.npos ? field.policy : field.policy.substr(name + 3)));
        }
      }
    }
    return out;
  }
  std::vector<std::string> units(const World& before, std::vector<ResourceKey> changed) {
    std::vector<std::string> out;
    for (const ProxyChange& proxy : world_changes(before, *world_, changed)) {
      if (proxy.change != "changed") out.push_back(cat(proxy.name, ": ", proxy.change));
      for (const UnitChange& unit : proxy.units) out.push_back(cat(proxy.name, ": ", unit.what, " ", unit.change));
    }
    return out;
  }

  TestWorld world_;
  const ResourceKey a_{"MeshTimeout", "default", "a"};
};

TEST_F(WorldChangesTest, ANewPolicyChangesTheRulesOfTheProxiesItSelects) {
  const World before = *world_;
  timeout("a", "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } }" +
                   to("kind: 'Mesh'", "idle_timeout { seconds: 1 } http { request_timeout { seconds: 2 } }"));
  EXPECT_THAT(rules(before, {a_}),
              ElementsAre("web-1: MeshTimeout outbound Mesh/default idleTimeout >\"1s\" by a_",
                          "web-1: MeshTimeout outbound Mesh/default http.requestTimeout >\"2s\" by a_"));
}

TEST_F(WorldChangesTest, OnlyFieldsThatAreOtherwiseInTheEndAreNamed) {
  timeout("a", to("kind: 'Mesh'", "idle_timeout { seconds: 1 } connection_timeout { seconds: 5 }"));
  timeout("b", to(backend_only(), "idle_timeout { seconds: 9 }"));
  const World before = *world_;
  timeout("a", to("kind: 'Mesh'", "idle_timeout { seconds: 2 } connection_timeout { seconds: 5 }"));
  // Towards the backend another policy says otherwise, before and after.
  EXPECT_THAT(rules(before, {a_}),
              ElementsAre("backend-1: MeshTimeout outbound Mesh/default idleTimeout \"1s\">\"2s\" by a_",
                          "web-1: MeshTimeout outbound Mesh/default idleTimeout \"1s\">\"2s\" by a_"));
}

TEST_F(WorldChangesTest, WithoutItsOwnRuleADestinationHasThatOfTheMesh) {
  timeout("wide", to("kind: 'Mesh'", "idle_timeout { seconds: 1 }"));
  timeout("a", "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } }" +
                   to(backend_only(), "idle_timeout { seconds: 9 } connection_timeout { seconds: 3 }"));
  const World before = *world_;
  world_.remove(a_);
  EXPECT_THAT(rules(before, {a_}),
              ElementsAre("web-1: MeshTimeout outbound MeshService/backend connectionTimeout \"3s\"> by a_",
                          "web-1: MeshTimeout outbound MeshService/backend idleTimeout \"9s\">\"1s\" by wide_"));
}

TEST_F(WorldChangesTest, InboundRulesAreComparedPerPort) {
  const World before = *world_;
  timeout("a",
          "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'backend' } }"
          "rules { default { idle_timeout { seconds: 4 } } }");
  EXPECT_THAT(rules(before, {a_}),
              ElementsAre("backend-1: MeshTimeout inbound Dataplane/backend-1 idleTimeout >\"4s\" by a_"));
}

TEST_F(WorldChangesTest, ALabelOfAServiceMayBringItUnderAPolicy) {
  timeout("a", "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } }" +
                   to("kind: 'MeshService' labels { key: 'team' value: 'shop' }", "idle_timeout { seconds: 9 }"));
  const World before = *world_;
  world_.put<v1::MeshService>("backend",
                              "selector { dataplane_labels { match_labels { key: 'app' value: 'backend' } } }"
                              "ports { name: 'http' port: 80 app_protocol: 'http' }",
                              {{"team", "shop"}});
  EXPECT_THAT(rules(before, {{"MeshService", "default", "backend"}}),
              ElementsAre("web-1: MeshTimeout outbound MeshService/backend idleTimeout >\"9s\" by a_"));
}

TEST_F(WorldChangesTest, WhatIsSentIsComparedToo) {
  const World before = *world_;
  dataplane("backend-1", "10.0.0.3", "backend");
  EXPECT_THAT(units(before, {{"Dataplane", "default", "backend-1"}}), ::testing::Contains("web-1: endpoints changed"));
  dataplane("backend-1", "10.0.0.2", "backend");
  dataplane("new-1", "10.0.0.9", "other");
  const auto made = units(before, {{"Dataplane", "default", "new-1"}});
  EXPECT_THAT(made, ::testing::Contains("new-1: created"));
}

TEST_F(WorldChangesTest, WhatChangesNothingIsNotListed) {
  timeout("a", to("kind: 'Mesh'", "idle_timeout { seconds: 1 }"));
  const World before = *world_;
  timeout("b", to("kind: 'Mesh'", "idle_timeout { seconds: 2 }"));  // the smaller name wins
  EXPECT_THAT(world_changes(before, *world_, std::vector<ResourceKey>{{"MeshTimeout", "default", "b"}}), IsEmpty());
}

TEST_F(WorldChangesTest, TheDocumentIsJson) {
  const World before = *world_;
  timeout("a", to("kind: 'Mesh'", "idle_timeout { seconds: 1 }"));
  const auto document = parse_json(changes_document(world_changes(before, *world_, std::vector<ResourceKey>{a_})));
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_EQ(document->items.size(), 2u);
  const Node* after = value_at(document->items[1], "rules[0].fields[0].after");
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->text, "1s");
}

TEST_F(WorldChangesTest, TheEffectiveDocumentNamesThePolicyOfEachField) {
  timeout("wide", to("kind: 'Mesh'", "idle_timeout { seconds: 1 } connection_timeout { seconds: 5 }"));
  timeout("narrow", to(backend_only(), "idle_timeout { seconds: 9 }"));
  RuleIndexes indexes;
  const auto text = effective_document(*world_, {"Dataplane", "default", "web-1"}, indexes);
  ASSERT_TRUE(text.ok()) << text.status();
  const auto document = parse_json(*text);
  ASSERT_TRUE(document.ok()) << document.status();
  const Node* confs = document->find("confs");
  ASSERT_EQ(confs->items.size(), 2u);
  std::vector<std::string> fields;
  for (const Node& conf : confs->items) {
    for (const Node& field : conf.find("fields")->items) {
      const Node* origin = value_at(conf, cat("origins[", field.find("origin")->text, "].name"));
      fields.push_back(cat(conf.find("name")->text, " ", field.find("path")->text, "=", field.find("value")->text,
                           " by ", origin->text));
    }
  }
  EXPECT_THAT(fields, ElementsAre("default connectionTimeout=5s by wide", "default idleTimeout=1s by wide",
                                  "backend connectionTimeout=5s by wide", "backend idleTimeout=9s by narrow"));
  EXPECT_TRUE(is_not_found(effective_document(*world_, {"Dataplane", "default", "x"}, indexes).status()));
}

}  // namespace
}  // namespace weft::cp
