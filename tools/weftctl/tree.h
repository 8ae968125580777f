// Building trees (base/document) in code, and reading members of answers. Pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/document/document.h"
#include "base/text.h"

namespace weft::ctl {

inline Node text(std::string_view value) {
  Node node;
  node.kind = Node::Kind::kString;
  node.text = value;
  return node;
}
inline Node boolean(bool value) {
  Node node;
  node.kind = Node::Kind::kBool;
  node.boolean = value;
  return node;
}
inline Node number(std::integral auto value) {
  Node node;
  node.kind = Node::Kind::kNumber;
  node.text = cat(value);
  return node;
}
inline Node list() {
  Node node;
  node.kind = Node::Kind::kList;
  return node;
}
inline Node object(std::initializer_list<std::pair<std::string_view, Node>> members = {}) {
  Node node;
  node.kind = Node::Kind::kObject;
  for (const auto& [key, value] : members) node.members.push_back({std::string(key), {}, value});
  return node;
}
// Replaces or appends.
inline void put(Node& object, std::string_view key, Node value) {
  for (Member& member : object.members) {
    if (member.key == key) {
      member.value = std::move(value);
      return;
    }
  }
  object.members.push_back({std::string(key), {}, std::move(value)});
}

// The value at "a.b.c"; null when something on the way is missing.
inline const Node* at(const Node& node, std::string_view path) {
  const Node* found = &node;
  for (const std::string_view key : split(path, '.')) {
    found = found == nullptr ? nullptr : found->find(key);
  }
  return found;
}
// The text or number there as it was written; empty when there is none.
inline std::string text_at(const Node& node, std::string_view path) {
  const Node* found = at(node, path);
  return found == nullptr ? "" : found->text;
}
inline bool true_at(const Node& node, std::string_view path) {
  const Node* found = at(node, path);
  return found != nullptr && found->boolean;
}

}  // namespace weft::ctl
