#include "base/document/differences.h"

#include <algorithm>

#include "base/text.h"

namespace weft {
namespace {

bool same_scalar(const Node& a, const Node& b) {
  return a.kind == b.kind && a.boolean == b.boolean && a.text == b.text;
}

void compare(const Node& before, const Node& after, const std::string& path, std::vector<Difference>& out) {
  if (before.is_object() && after.is_object()) {
    for (const Member& member : before.members) {
      const Node* other = after.find(member.key);
      if (other != nullptr)
        compare(member.value, *other, path_below(path, member.key), out);
      else
        out.push_back({path_below(path, member.key), &member.value, nullptr});
    }
    for (const Member& member : after.members) {
      if (before.find(member.key) == nullptr) out.push_back({path_below(path, member.key), nullptr, &member.value});
    }
  } else if (before.is_list() && after.is_list()) {
    for (size_t i = 0; i < std::max(before.items.size(), after.items.size()); ++i) {
      const Node* a = i < before.items.size() ? &before.items[i] : nullptr;
      const Node* b = i < after.items.size() ? &after.items[i] : nullptr;
      const std::string below = cat(path, "[", i, "]");
      if (a != nullptr && b != nullptr)
        compare(*a, *b, below, out);
      else
        out.push_back({below, a, b});
    }
  } else if (!same_scalar(before, after)) {
    out.push_back({path, &before, &after});
  }
}

}  // namespace

std::string path_below(std::string_view path, std::string_view key) {
  if (key.empty() || key.find_first_of(".[]\"/ ") != key.npos) return cat(path, "[\"", key, "\"]");
  return path.empty() ? std::string(key) : cat(path, ".", key);
}

std::vector<Difference> differences(const Node& before, const Node& after) {
  std::vector<Difference> out;
  compare(before, after, "", out);
  return out;
}

}  // namespace weft
