#include "tests/matching/trees.h"

#include <algorithm>

#include "base/document/print.h"
#include "tests/conformance/compare.h"

namespace weft::reference {
namespace {

using conformance::list_node;
using conformance::object_node;
using conformance::set_member;

bool is_route_rules(std::string_view key, const Node& list) {
  return key == "rules" && !list.items.empty() && list.items[0].find("matches") != nullptr;
}

Node patch(Node target, const Node& change) {
  if (!change.is_object()) return change;
  if (!target.is_object()) target = object_node();
  for (const Member& member : change.members) {
    const Node* old = target.find(member.key);
    if (member.value.is_null()) {
      std::erase_if(target.members, [&](const Member& one) { return one.key == member.key; });
    } else if (member.key.starts_with("append") && old != nullptr) {
      Node longer = *old;
      longer.items.insert(longer.items.end(), member.value.items.begin(), member.value.items.end());
      set_member(target, member.key, longer);
    } else {
      set_member(target, member.key, patch(old == nullptr ? Node() : *old, member.value));
    }
  }
  return target;
}

// Each list reversed, all in one list, equal matches merged at the place of the last, and the whole reversed back.
Node merge_routes(const std::vector<Node>& confs) {
  std::vector<Node> all;
  for (const Node& conf : confs) {
    const std::vector<Node>& rules = items(conf, "rules");
    all.insert(all.end(), rules.rbegin(), rules.rend());
  }
  std::vector<Node> merged;
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string key = compact_json(*all[i].find("matches"));
    const auto same = [&](const Node& other) { return compact_json(*other.find("matches")) == key; };
    if (std::any_of(all.begin() + static_cast<ptrdiff_t>(i) + 1, all.end(), same)) continue;  // not the last
    Node rule = object_node({{"matches", {}, *all[i].find("matches")}, {"default", {}, object_node()}});
    for (size_t k = 0; k <= i; ++k) {
      if (same(all[k])) set_member(rule, "default", patch(*rule.find("default"), *all[k].find("default")));
    }
    merged.push_back(rule);
  }
  std::reverse(merged.begin(), merged.end());
  return object_node({{"rules", {}, list_node(merged)}});
}

}  // namespace

std::string text(const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  return found == nullptr ? std::string() : found->text;
}

const Node* at(const Node& node, std::string_view path) {
  const size_t dot = path.find('.');
  const Node* found = node.find(path.substr(0, dot));
  if (found == nullptr || dot == std::string_view::npos) return found;
  return at(*found, path.substr(dot + 1));
}

const std::vector<Node>& items(const Node& node, std::string_view path) {
  static const std::vector<Node> none;
  const Node* found = at(node, path);
  return found == nullptr ? none : found->items;
}

Node merge(const std::vector<Node>& confs) {
  for (const Node& conf : confs) {
    if (const Node* rules = conf.find("rules"); rules != nullptr && is_route_rules("rules", *rules))
      return merge_routes(confs);
  }
  Node merged = object_node();
  for (const Node& conf : confs) merged = patch(merged, conf);
  return merged;
}

}  // namespace weft::reference
