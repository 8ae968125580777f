// The resources of one table by name and by label, kept up to date table by table: what did not change keeps its view,
// and the cost of a change is a walk over the table plus what really changed. Owned by a Memo, on its thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control-plane/store/world.h"

namespace weft::cp {

// View has a member `resource`.
template <typename View>
class LabelIndex {
 public:
  using ViewPtr = std::shared_ptr<const View>;
  using Make = ViewPtr (*)(ResourcePtr);

  explicit LabelIndex(Make make) : make_(make) {}

  // Takes over `table`; true when it is another one than before.
  bool follow(const std::shared_ptr<const World::Table>& table) {
    if (table == table_) return false;
    auto old = views_.begin();
    for (const auto& [name, resource] : *table) {
      while (old != views_.end() && old->first < name) old = remove(old);
      if (old != views_.end() && old->first == name) {
        if (old->second->resource == resource) {
          ++old;
          continue;
        }
        old = remove(old);
      }
      if (ViewPtr view = make_(resource)) add(std::move(view), old);
    }
    while (old != views_.end()) old = remove(old);
    table_ = table;
    ++generation_;
    return true;
  }

  // Rises with every change.
  uint64_t generation() const { return generation_; }

  ViewPtr find(std::string_view name) const {
    const auto found = views_.find(name);
    return found == views_.end() ? nullptr : found->second;
  }

  // Those that carry all of the labels, oldest first. No labels select nothing.
  template <typename LabelMap>
  std::vector<ViewPtr> select(const LabelMap& labels) const {
    const std::vector<ViewPtr>* shortest = nullptr;
    for (const auto& [key, value] : labels) {
      const auto found = by_label_.find(label_key(key, value));
      if (found == by_label_.end()) return {};
      if (shortest == nullptr || found->second.size() < shortest->size()) shortest = &found->second;
    }
    std::vector<ViewPtr> selected;
    if (shortest == nullptr) return selected;
    for (const ViewPtr& view : *shortest) {
      if (carries(*view, labels)) selected.push_back(view);
    }
    return selected;
  }

  const std::map<std::string, ViewPtr, std::less<>>& all() const { return views_; }

 private:
  using Views = std::map<std::string, ViewPtr, std::less<>>;

  static std::string label_key(std::string_view key, std::string_view value) {
    std::string out(key);
    out.push_back('\0');
    out += value;
    return out;
  }

  template <typename LabelMap>
  static bool carries(const View& view, const LabelMap& labels) {
    for (const auto& [key, value] : labels) {
      const auto found = view.resource->labels.find(key);
      if (found == view.resource->labels.end() || found->second != value) return false;
    }
    return true;
  }

  static bool is_older(const ViewPtr& a, const ViewPtr& b) {
    return std::tie(a->resource->created, a->resource->key.name) <
           std::tie(b->resource->created, b->resource->key.name);
  }

  void add(ViewPtr view, typename Views::iterator before) {
    for (const auto& [key, value] : view->resource->labels) {
      auto& list = by_label_[label_key(key, value)];
      list.insert(std::upper_bound(list.begin(), list.end(), view, is_older), view);
    }
    const std::string name = view->resource->key.name;
    views_.emplace_hint(before, name, std::move(view));
  }

  typename Views::iterator remove(typename Views::iterator at) {
    for (const auto& [key, value] : at->second->resource->labels) {
      const auto found = by_label_.find(label_key(key, value));
      std::erase(found->second, at->second);
      if (found->second.empty()) by_label_.erase(found);
    }
    return views_.erase(at);
  }

  Make make_;
  std::shared_ptr<const World::Table> table_;
  uint64_t generation_ = 0;
  Views views_;
  std::unordered_map<std::string, std::vector<ViewPtr>> by_label_;
};

}  // namespace weft::cp
