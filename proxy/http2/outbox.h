// What leaves with one write: frames copied into a lent buffer, and large content where it lies. What the socket does
// not take is copied, so nothing is referred to once send() has returned. Part of one session; worker's thread only.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "proxy/runtime/buffer_pool.h"
#include "proxy/runtime/connection.h"

namespace weft::proxy {

class Outbox {
 public:
  enum class Sent : uint8_t { kAll, kBlocked, kBroken };

  explicit Outbox(BufferPool& buffers) : buffers_(buffers) {}

  bool empty() const { return total_ == 0; }
  // What can still be added.
  size_t room() const { return count_ + 2 <= kPieces ? kBufferSize - total_ : 0; }
  // Both: at most room().
  void copy(std::string_view bytes);
  void refer(std::string_view bytes);

  Sent send(Connection& connection);

 private:
  static constexpr size_t kPieces = 24;
  void keep(std::string_view first, size_t index);

  BufferPool& buffers_;
  Buffer buffer_;  // lent while it holds something
  size_t used_ = 0;
  size_t total_ = 0;
  size_t count_ = 0;
  std::array<iovec, kPieces> pieces_;
};

}  // namespace weft::proxy
