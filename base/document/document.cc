#include "base/document/document.h"

#include <algorithm>

#include "base/text.h"

namespace weft {
namespace {

// One step of a path: a key, or an index when `is_index`.
struct Step {
  std::string_view key;
  size_t index = 0;
  bool is_index = false;
};

// Takes the next step off `path`; false at its end, or when it is no path.
bool next_step(std::string_view& path, Step& step) {
  if (path.empty()) return false;
  if (path.front() == '.') path.remove_prefix(1);
  if (path.starts_with("[\"")) {
    const size_t end = path.find("\"]", 2);
    if (end == std::string_view::npos) return false;
    step = {path.substr(2, end - 2), 0, false};
    path.remove_prefix(end + 2);
    return true;
  }
  if (path.starts_with('[')) {
    const size_t end = path.find(']');
    size_t index = 0;
    if (end == std::string_view::npos || !parse_number(path.substr(1, end - 1), index)) return false;
    step = {{}, index, true};
    path.remove_prefix(end + 1);
    return true;
  }
  const size_t end = std::min(path.find_first_of(".["), path.size());
  if (end == 0) return false;
  step = {path.substr(0, end), 0, false};
  path.remove_prefix(end);
  return true;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string_view type_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull: return "null";
    case Node::Kind::kBool: return "boolean";
    case Node::Kind::kNumber: return "number";
    case Node::Kind::kString: return "string";
    case Node::Kind::kList: return "array";
    case Node::Kind::kObject: return "object";
  }
  return "";
}

Mark locate(const Node& document, std::string_view path) {
  const Node* node = &document;
  Mark mark = document.mark;
  Step step;
  while (next_step(path, step)) {
    if (step.is_index) {
      if (step.index >= node->items.size()) break;
      node = &node->items[step.index];
      mark = node->mark;
      continue;
    }
    const auto member = std::find_if(node->members.begin(), node->members.end(),
                                     [&](const Member& candidate) { return candidate.key == step.key; });
    if (member == node->members.end()) break;
    node = &member->value;
    mark = member->mark;
  }
  return mark;
}

const Node* value_at(const Node& document, std::string_view path) {
  const Node* node = &document;
  Step step;
  while (node != nullptr && next_step(path, step)) {
    if (step.is_index) {
      node = step.index < node->items.size() ? &node->items[step.index] : nullptr;
    } else {
      node = node->find(step.key);
    }
  }
  return path.empty() ? node : nullptr;
}

}  // namespace weft
