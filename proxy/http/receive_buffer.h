// Bytes received and not used yet, in a lent buffer that exists only while there are some. One per direction of a
// connection that is being served; worker's thread only.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "proxy/runtime/buffer_pool.h"

namespace weft::proxy {

struct ReceiveBuffer {
  Buffer buffer;
  size_t begin = 0;  // of what is not used
  size_t end = 0;    // of what was received

  const char* base() const { return buffer.bytes() + begin; }
  std::string_view pending() const { return {buffer.bytes() + begin, end - begin}; }
  bool empty() const { return begin == end; }
  std::span<char> room() { return {buffer.bytes() + end, buffer.size() - end}; }

  void take_from(BufferPool& pool) {
    if (!buffer) buffer = pool.take();
  }
  void move_to_front() {
    if (begin == 0) return;
    std::memmove(buffer.bytes(), buffer.bytes() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  void clear() { begin = end = 0; }
  void release() {
    clear();
    buffer.release();
  }
};

}  // namespace weft::proxy
