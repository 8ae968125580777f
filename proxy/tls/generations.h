// A bounded memory of what was used lately: two maps, of which the older is dropped whole when the younger is full, so
// that forgetting costs nothing per entry. What is found in the older one moves to the younger. Not synchronised.
#pragma once

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace weft::proxy {

template <typename Key, typename Value>
class Generations {
 public:
  // At most twice this many entries.
  explicit Generations(size_t each = 1024) : each_(each) {}

  // Null: not here. Valid until the next call.
  const Value* find(const Key& key) {
    if (const auto known = young_.find(key); known != young_.end()) return &known->second;
    const auto known = old_.find(key);
    if (known == old_.end()) return nullptr;
    Value value = std::move(known->second);
    old_.erase(known);
    return &insert(key, std::move(value));
  }
  const Value& insert(const Key& key, Value value) {
    if (young_.size() >= each_) {
      old_ = std::move(young_);
      young_.clear();
    }
    return young_.insert_or_assign(key, std::move(value)).first->second;
  }
  void erase(const Key& key) {
    young_.erase(key);
    old_.erase(key);
  }
  size_t size() const { return young_.size() + old_.size(); }

 private:
  const size_t each_;
  absl::flat_hash_map<Key, Value> young_;
  absl::flat_hash_map<Key, Value> old_;
};

}  // namespace weft::proxy
