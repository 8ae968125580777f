// Remembers the results of one pure function by its arguments for as long as somebody uses them. Large arguments are
// told apart by their address; a result keeps them alive, so an address in a living key is never reused. Owned by a
// Memo, on its thread; the results belong to any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft::cp {

// What a function was called with: addresses of arguments, and texts and numbers by value.
class MemoKey {
 public:
  template <typename T>
  MemoKey& input(const std::shared_ptr<T>& pointer) {
    inputs_.push_back(pointer);
    return number(reinterpret_cast<uintptr_t>(pointer.get()));
  }
  MemoKey& number(uint64_t value) {
    parts_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  MemoKey& text(std::string_view value) {
    number(value.size());
    parts_ += value;
    return *this;
  }

 private:
  template <typename>
  friend class MemoTable;
  std::string parts_;
  std::vector<std::shared_ptr<const void>> inputs_;
};

template <typename Value>
class MemoTable {
 public:
  using Pointer = std::shared_ptr<const Value>;

  // The value computed before for `key`, or `make()`.
  template <typename Make>
  Pointer get(MemoKey key, Make&& make) {
    const auto found = known_.find(key.parts_);
    if (found != known_.end()) {
      if (Pointer value = found->second.lock()) return value;
    }
    const auto node = std::make_shared<const Node>(Node{make(), std::move(key.inputs_)});
    Pointer value(node, &node->value);
    known_[std::move(key.parts_)] = value;
    if (known_.size() > sweep_at_) sweep();
    return value;
  }

 private:
  struct Node {
    Value value;
    std::vector<std::shared_ptr<const void>> inputs;
  };
  // Forgets what nobody uses; next time when there is twice as much as now.
  void sweep() {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 2 * known_.size() + 64;
  }

  std::unordered_map<std::string, std::weak_ptr<const Value>> known_;
  size_t sweep_at_ = 64;
};

}  // namespace weft::cp
