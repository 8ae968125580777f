#include "tests/conformance/compare.h"

#include <algorithm>
#include <utility>

#include "base/document/print.h"
#include "base/text.h"

namespace weft::conformance {
namespace {

constexpr size_t kMostLines = 12;
constexpr size_t kLongestValue = 160;

class Comparison {
 public:
  explicit Comparison(bool loose_metadata) : loose_metadata_(loose_metadata) {}

  void compare(const Node& wanted, const Node& got, const std::string& path) {
    if (wanted.kind != got.kind) return differs(path, shown(wanted), shown(got));
    if (wanted.is_object()) return compare_objects(wanted, got, path);
    if (wanted.is_list()) return compare_lists(wanted, got, path);
    if (wanted.text != got.text || wanted.boolean != got.boolean) differs(path, shown(wanted), shown(got));
  }

  std::string take() {
    if (count_ > kMostLines) append(lines_, "... and ", count_ - kMostLines, " more places\n");
    return std::move(lines_);
  }

 private:
  static std::string shown(const Node& node) {
    std::string text = compact_json(node);
    if (text.size() > kLongestValue) text = cat(text.substr(0, kLongestValue), "...");
    return text;
  }

  void differs(const std::string& path, std::string_view wanted, std::string_view got) {
    if (++count_ > kMostLines) return;
    append(lines_, path.empty() ? std::string_view("the whole") : path, ": wanted ", wanted, ", got ", got, "\n");
  }

  // Only one of the two ways to write metadata has these.
  bool is_left_out(const Node& wanted, const std::string& key) const {
    return loose_metadata_ && (key == "kri" || key == "type") && wanted.find("name") != nullptr &&
           wanted.find("mesh") != nullptr;
  }

  void compare_objects(const Node& wanted, const Node& got, const std::string& path) {
    const auto at = [&](const std::string& key) { return path.empty() ? key : cat(path, ".", key); };
    for (const Member& member : wanted.members) {
      const Node* other = got.find(member.key);
      if (other == nullptr) {
        differs(at(member.key), shown(member.value), "nothing");
      } else {
        compare(member.value, *other, at(member.key));
      }
    }
    for (const Member& member : got.members) {
      if (wanted.find(member.key) == nullptr && !is_left_out(wanted, member.key))
        differs(at(member.key), "nothing", shown(member.value));
    }
  }

  void compare_lists(const Node& wanted, const Node& got, const std::string& path) {
    const size_t both = std::min(wanted.items.size(), got.items.size());
    for (size_t i = 0; i < both; ++i) compare(wanted.items[i], got.items[i], cat(path, "[", i, "]"));
    for (size_t i = both; i < wanted.items.size(); ++i)
      differs(cat(path, "[", i, "]"), shown(wanted.items[i]), "nothing");
    for (size_t i = both; i < got.items.size(); ++i) differs(cat(path, "[", i, "]"), "nothing", shown(got.items[i]));
  }

  bool loose_metadata_;
  size_t count_ = 0;
  std::string lines_;
};

void erase_member(Node& object, std::string_view key) {
  std::erase_if(object.members, [&](const Member& member) { return member.key == key; });
}

void rename_member(Node& object, std::string_view from, std::string_view to) {
  for (Member& member : object.members) {
    if (member.key == from) member.key = to;
  }
}

}  // namespace

Node object_node(std::vector<Member> members) { return {Node::Kind::kObject, false, "", {}, std::move(members), {}}; }
Node list_node(std::vector<Node> items) { return {Node::Kind::kList, false, "", std::move(items), {}, {}}; }
Node string_node(std::string_view text) { return {Node::Kind::kString, false, std::string(text), {}, {}, {}}; }
Node number_node(int64_t value) { return {Node::Kind::kNumber, false, cat(value), {}, {}, {}}; }
Node null_node() { return {}; }

void set_member(Node& object, std::string_view key, Node value) {
  for (Member& member : object.members) {
    if (member.key != key) continue;
    member.value = std::move(value);
    return;
  }
  object.members.push_back({std::string(key), {}, std::move(value)});
}

std::string difference(const Node& wanted, const Node& got) {
  Comparison comparison(false);
  comparison.compare(wanted, got, "");
  return comparison.take();
}

std::string difference_of_text(std::string_view wanted, std::string_view got) {
  if (wanted == got) return "";
  const auto left = split(wanted, '\n');
  const auto right = split(got, '\n');
  std::string out;
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const bool in_left = i < left.size();
    const bool in_right = i < right.size();
    if (in_left && in_right && left[i] == right[i]) continue;
    if (in_left) append(out, "- ", left[i], "\n");
    if (in_right) append(out, "+ ", right[i], "\n");
  }
  return out;
}

Node with_plain_metadata(Node tree) {
  for (Node& item : tree.items) item = with_plain_metadata(std::move(item));
  for (Member& member : tree.members) member.value = with_plain_metadata(std::move(member.value));
  if (tree.find("NameExtensions") != nullptr && tree.find("Version") != nullptr) {
    for (const char* key : {"CreationTime", "ModificationTime", "NameExtensions", "Version"}) erase_member(tree, key);
    rename_member(tree, "Name", "name");
    rename_member(tree, "Mesh", "mesh");
    rename_member(tree, "Labels", "labels");
  }
  if (tree.find("creationTime") != nullptr) {
    for (const char* key : {"creationTime", "modificationTime"}) erase_member(tree, key);
  }
  // No labels are written in three ways.
  if (const Node* labels = tree.find("labels"); labels != nullptr && tree.find("name") != nullptr) {
    if (labels->is_null() || (labels->is_object() && labels->members.empty())) erase_member(tree, "labels");
  }
  return tree;
}

std::string difference_of_rules(const Node& wanted, const Node& got) {
  Comparison comparison(true);
  comparison.compare(with_plain_metadata(wanted), with_plain_metadata(got), "");
  return comparison.take();
}

CaseReport report(std::string id, std::string difference) {
  const bool passed = difference.empty();
  return {std::move(id), passed, std::move(difference)};
}

}  // namespace weft::conformance
