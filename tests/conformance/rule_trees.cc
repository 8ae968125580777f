#include "tests/conformance/rule_trees.h"

#include <utility>

#include "control-plane/resource/encode.h"

namespace weft::conformance {
namespace {

Node labels_tree(const Labels& labels) {
  Node tree = object_node();
  for (const auto& [key, value] : labels) set_member(tree, key, string_node(value));
  return tree;
}

Node meta(std::string_view type, std::string_view mesh, std::string_view name, std::string_view kri,
          const Labels& labels) {
  Node tree = object_node({{"kri", {}, string_node(kri)}});
  if (!labels.empty()) set_member(tree, "labels", labels_tree(labels));
  if (type != "Mesh") set_member(tree, "mesh", string_node(mesh));
  set_member(tree, "name", string_node(name));
  set_member(tree, "type", string_node(type));
  return tree;
}

}  // namespace

Node message_tree(const google::protobuf::Message* message) {
  if (message == nullptr) return object_node();
  auto read = parse_json(cp::encode_message(*message));
  return read.ok() ? *std::move(read) : string_node("unreadable");
}

Node meta_tree(const PolicyMeta& of) { return meta(of.type, of.mesh, of.name, of.kri, of.labels); }
Node meta_tree(const TargetResource& of) { return meta(of.type, of.mesh, of.name, of.kri, of.labels); }

Node origin_tree(const ConfOrigin& origin) {
  return object_node({{"Resource", {}, meta_tree(origin.policy->meta)}, {"RuleIndex", {}, number_node(origin.index)}});
}

Node policy_tree(const PolicyResource& policy) {
  Node tree = meta_tree(policy.meta);
  set_member(tree, "spec", message_tree(&policy.spec.message()));
  return tree;
}

Node inbound_rules_tree(std::span<const InboundRule> rules) {
  Node list = list_node();
  for (const InboundRule& rule : rules) {
    list.items.push_back(object_node({{"conf", {}, message_tree(rule.conf)},
                                      {"match", {}, rule.match == nullptr ? null_node() : message_tree(rule.match)},
                                      {"origin", {}, origin_tree(rule.origin)}}));
  }
  return list;
}

Node to_rules_tree(const ToRules& rules) {
  Node tree = object_node();
  for (const auto& [kri, rule] : rules) {
    Node origins = list_node();
    for (const ConfOrigin& origin : rule.effective.origins) origins.items.push_back(origin_tree(origin));
    Node by_matches = object_node();
    for (const auto& [hash, origin] : rule.origin_by_matches) set_member(by_matches, hash, origin_tree(origin));
    set_member(tree, kri,
               object_node({{"Conf", {}, list_node({message_tree(rule.effective.conf.get())})},
                            {"Origin", {}, std::move(origins)},
                            {"OriginByMatches", {}, std::move(by_matches)},
                            {"Resource", {}, meta_tree(*rule.resource)},
                            {"ResourceSectionName", {}, string_node(rule.section)}}));
  }
  return tree;
}

}  // namespace weft::conformance
