// The product and the reference must say the same of thousands of small worlds.
#include <gtest/gtest.h>

#include "base/document/print.h"
#include "base/text.h"
#include "control-plane/engine/effective_rules.h"
#include "control-plane/resource/decode.h"
#include "policies/mesh_http_route/conf.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/rule_trees.h"
#include "tests/matching/random_world.h"
#include "tests/matching/reference.h"

namespace weft::reference {
namespace {

using conformance::list_node;
using conformance::message_tree;
using conformance::null_node;
using conformance::object_node;
using conformance::set_member;
using conformance::string_node;

std::string named(const ConfOrigin& origin) { return cat(origin.policy->meta.name, "#", origin.index); }

Node to_tree(const ToRules& rules) {
  Node tree = object_node();
  for (const auto& [kri, rule] : rules) {
    Node origins = list_node();
    for (const ConfOrigin& origin : rule.effective.origins) origins.items.push_back(string_node(named(origin)));
    Node by_matches = object_node();
    const auto* routes = dynamic_cast<const v1::MeshHTTPRouteConf*>(rule.effective.conf.get());
    for (int i = 0; routes != nullptr && i < routes->rules_size(); ++i) {
      const auto origin = rule.origin_by_matches.find(mesh_http_route::match_hash(routes->rules(i).matches()));
      const Node matches = *message_tree(&routes->rules(i)).find("matches");
      set_member(by_matches, compact_json(matches),
                 string_node(origin == rule.origin_by_matches.end() ? "nobody" : named(origin->second)));
    }
    set_member(tree, cat(rule.resource->type, "/", rule.resource->name, "/", rule.section),
               object_node({{"conf", {}, message_tree(rule.effective.conf.get())},
                            {"origins", {}, std::move(origins)},
                            {"by_matches", {}, std::move(by_matches)}}));
  }
  return tree;
}

Node port_tree(const std::vector<InboundRule>& rules) {
  Node list = list_node();
  for (const InboundRule& rule : rules) {
    list.items.push_back(object_node({{"match", {}, rule.match == nullptr ? null_node() : message_tree(rule.match)},
                                      {"conf", {}, message_tree(rule.conf)},
                                      {"origin", {}, string_node(named(rule.origin))}}));
  }
  Node callers = list_node();
  for (const CallerConf& one : caller_confs(rules, Beneath::kNothing)) {
    callers.items.push_back(
        object_node({{"match", {}, message_tree(one.match)}, {"conf", {}, message_tree(one.effective.conf.get())}}));
  }
  return object_node({{"rules", {}, std::move(list)},
                      {"callers", {}, std::move(callers)},
                      {"catch_all", {}, message_tree(catch_all(rules).conf.get())}});
}

// A world that the product reads.
class Product {
 public:
  explicit Product(const World& world) : kind_(world.kind) {
    std::vector<cp::ResourcePtr> resources;
    for (const Node& document : world.documents) resources.push_back(read(document));
    resources.push_back(read(world.dataplane));
    world_ = std::make_shared<const cp::World>(1, resources);
  }

  Node rules(bool include_shadow) {
    cp::RuleIndexes indexes;
    const auto all = cp::effective_rules(*world_, {"Dataplane", "default", "dp"}, indexes,
                                         include_shadow ? Shadow::kInclude : Shadow::kIgnore);
    EXPECT_TRUE(all.ok());
    const cp::KindRules* kind = all->find(kind_);
    static const cp::KindRules none;
    if (kind == nullptr) kind = &none;
    Node policies = list_node();
    for (const PolicyPtr& policy : kind->policies) policies.items.push_back(string_node(policy->meta.name));
    Node inbounds = object_node();
    for (const cp::PortRules& port : kind->inbounds) set_member(inbounds, cat(port.port), port_tree(port.rules));
    return object_node(
        {{"policies", {}, std::move(policies)},
         {"to", {}, to_tree(kind->to)},
         {"look_ups", {}, look_ups(kind->to, all->mesh_kri())},
         {"inbounds", {}, std::move(inbounds)},
         {"proxy", {}, kind->proxy.conf == nullptr ? null_node() : message_tree(kind->proxy.conf.get())}});
  }

 private:
  static cp::ResourcePtr read(const Node& document) {
    cp::Decoded decoded = cp::decode(document);
    EXPECT_NE(decoded.spec, nullptr) << compact_json(document);
    EXPECT_TRUE(decoded.unreadable.empty()) << compact_json(document);
    auto resource = std::make_shared<cp::Resource>();
    resource->key = decoded.key;
    resource->labels = decoded.labels;
    resource->spec = decoded.spec;
    return resource;
  }

  Node look_ups(const ToRules& rules, std::string_view mesh_kri) {
    Node tree = object_node();
    for (const char* type : {"MeshService", "MeshMultiZoneService", "MeshExternalService", "MeshHTTPRoute"}) {
      if (type == kind_) continue;
      for (const auto& [name, resource] : *world_->table(type, "default")) {
        const TargetResource target = cp::view_target(resource)->target;
        std::vector<std::string> sections = {""};
        for (const TargetResource::Port& port : target.ports) sections.push_back(port.section());
        for (const std::string& section : sections) {
          const ToRule* rule = find_to_rule(rules, target.kri, section, mesh_kri);
          set_member(tree, cat(type, "/", name, "/", section),
                     rule == nullptr ? null_node() : message_tree(rule->effective.conf.get()));
        }
      }
    }
    return tree;
  }

  std::string kind_;
  cp::WorldPtr world_;
};

std::string as_yaml(const World& world) {
  std::string out = yaml_text(world.dataplane);
  for (const Node& document : world.documents) append(out, "---\n", yaml_text(document));
  return out;
}

// Some worlds are about one thing each only by chance; that enough of them are about something is checked too.
struct Seen {
  size_t policies = 0;
  size_t destinations = 0;
  size_t callers = 0;
  size_t proxy_confs = 0;
};

void count(const Node& rules, Seen& seen) {
  seen.policies += rules.find("policies")->items.size();
  seen.destinations += rules.find("to")->members.size();
  for (const Member& port : rules.find("inbounds")->members) seen.callers += port.value.find("callers")->items.size();
  if (!rules.find("proxy")->is_null()) ++seen.proxy_confs;
}

TEST(Matching, TheReferenceSaysTheSame) {
  Seen seen;
  for (uint64_t seed = 1; seed <= 4000; ++seed) {
    const World world = random_world(seed);
    Product product(world);
    const bool include_shadow = seed % 4 == 0;
    const Node wanted = rules(world, include_shadow);
    const std::string difference = conformance::difference(wanted, product.rules(include_shadow));
    ASSERT_EQ(difference, "") << "seed " << seed << "\n" << as_yaml(world);
    count(wanted, seen);
  }
  EXPECT_GT(seen.policies, 2000u);
  EXPECT_GT(seen.destinations, 2000u);
  EXPECT_GT(seen.callers, 200u);
}

TEST(Matching, TheSameSeedGivesTheSameWorld) {
  EXPECT_EQ(as_yaml(random_world(7)), as_yaml(random_world(7)));
  EXPECT_NE(as_yaml(random_world(7)), as_yaml(random_world(8)));
}

}  // namespace
}  // namespace weft::reference
