// Text that grows, in blocks of the thread's free lists (proxy/runtime/task.h): a head of the usual size costs no
// allocation. Part of one stream; worker's thread only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "proxy/runtime/task.h"

namespace weft::proxy {

class PooledText {
 public:
  PooledText() = default;
  PooledText(const PooledText&) = delete;
  PooledText& operator=(const PooledText&) = delete;
  ~PooledText() { release(); }

  std::string_view view() const { return {bytes_, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void append(std::string_view text) {
    if (text.empty()) return;
    if (capacity_ - size_ < text.size()) grow(size_ + text.size());
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  template <typename... Texts>
  void add(Texts... texts) {
    (append(texts), ...);
  }
  void truncate(size_t size) { size_ = std::min(size, size_); }
  void release() {
    if (bytes_ != nullptr) free_frame(std::exchange(bytes_, nullptr), capacity_);
    size_ = capacity_ = 0;
  }

 private:
  static constexpr size_t kFirst = 512;
  void grow(size_t needed) {
    const size_t capacity = std::max({needed, capacity_ * 2, kFirst});
    char* const bytes = static_cast<char*>(allocate_frame(capacity));
    if (size_ > 0) std::memcpy(bytes, bytes_, size_);
    if (bytes_ != nullptr) free_frame(bytes_, capacity_);
    bytes_ = bytes;
    capacity_ = capacity;
  }
  char* bytes_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace weft::proxy
