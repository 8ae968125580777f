// Puts a tree together from the events of a reader: begin and end of lists and objects, keys, values. Keeps the bounds
// that both readers share. Used by json_reader.cc and yaml_reader.cc only.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/document/document.h"
#include "base/text.h"

namespace weft {

class TreeBuilder {
 public:
  // Each returns false when a bound or a rule is broken; error() then says which.
  bool begin(Node::Kind kind, Mark mark) {
    if (open_.size() >= kMaxDocumentDepth) return fail(cat("nested more than ", kMaxDocumentDepth, " deep"), mark);
    Node node;
    node.kind = kind;
    node.mark = mark;
    open_.push_back({std::move(node), {}, {}});
    return count(1, mark);
  }
  bool end() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    keep_last(node.members);
    return place(std::move(node));
  }
  bool value(Node node) {
    const Mark mark = node.mark;
    return count(1, mark) && place(std::move(node));
  }
  // A copy of a tree of `nodes` values.
  bool copy(const Node& node, size_t nodes, Mark mark) {
    if (!count(nodes, mark)) return false;
    Node copied = node;
    copied.mark = mark;
    return place(std::move(copied));
  }
  void key(std::string text, Mark mark) {
    open_.back().key = std::move(text);
    open_.back().key_mark = mark;
  }
  bool fail(std::string reason, Mark mark) {
    if (error_.empty()) {
      error_ = mark.line > 0 ? cat("line ", mark.line, ", column ", mark.column, ": ", reason) : std::move(reason);
    }
    return false;
  }

  const std::string& error() const { return error_; }
  bool inside() const { return !open_.empty(); }
  size_t depth() const { return open_.size(); }
  Node& innermost() { return open_.back().node; }
  Node take() { return std::move(root_); }
  // The value that was finished last.
  const Node& last() const {
    if (open_.empty()) return root_;
    const Node& node = open_.back().node;
    return node.is_list() ? node.items.back() : node.members.back().value;
  }
  void reset_count() { nodes_ = 0; }

 private:
  struct Open {
    Node node;
    std::string key;
    Mark key_mark;
  };

  bool count(size_t more, Mark mark) {
    nodes_ += more;
    return nodes_ <= kMaxDocumentNodes || fail(cat("more than ", kMaxDocumentNodes, " values in one document"), mark);
  }
  bool place(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.is_list()) {
      open_.back().node.items.push_back(std::move(node));
    } else {
      open_.back().node.members.push_back({std::move(open_.back().key), open_.back().key_mark, std::move(node)});
    }
    return true;
  }

  // Of members with the same key the last one stays.
  static void keep_last(std::vector<Member>& members) {
    std::vector<Member*> sorted;
    sorted.reserve(members.size());
    for (Member& member : members) sorted.push_back(&member);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Member* a, const Member* b) { return a->key < b->key; });
    std::vector<bool> is_gone(members.size());
    bool any = false;
    for (size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i - 1]->key != sorted[i]->key) continue;
      sorted[i]->is_repeated = any = true;
      is_gone[static_cast<size_t>(sorted[i - 1] - members.data())] = true;
    }
    if (!any) return;
    std::vector<Member> kept;
    for (size_t i = 0; i < members.size(); ++i) {
      if (!is_gone[i]) kept.push_back(std::move(members[i]));
    }
    members = std::move(kept);
  }

  std::vector<Open> open_;
  Node root_;
  size_t nodes_ = 0;
  std::string error_;
};

}  // namespace weft
