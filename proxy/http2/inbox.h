// Content that a stream has received and nobody has consumed. Large pieces stay where the socket wrote them, in buffers
// that the streams of a connection share; small ones are copied and joined, so that a few bytes never hold on to a
// whole buffer: what is held is at most ten times what came. Part of one stream; worker's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/runtime/buffer_pool.h"

namespace weft::proxy {

// What one receive brought, kept while a piece of it is. Counts who refers to it.
class SharedBuffer {
 public:
  static SharedBuffer* take_from(BufferPool& pool);
  Buffer& buffer() { return buffer_; }
  bool shared() const { return references_ > 1; }
  void refer() { ++references_; }
  void let_go();

 private:
  explicit SharedBuffer(Buffer buffer) : buffer_(static_cast<Buffer&&>(buffer)) {}
  Buffer buffer_;
  uint32_t references_ = 1;
};

class Inbox {
 public:
  // From this size on a piece is referred to.
  static constexpr size_t kReferred = 8 * 1024;

  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox() { clear(); }

  // `from`: where `bytes` lie, nothing of which has been looked at yet but by earlier calls; null: they are copied.
  void add(std::string_view bytes, SharedBuffer* from);
  // The first piece.
  std::string_view front() const { return first_ == nullptr ? std::string_view{} : first_->bytes(); }
  // At most front().size().
  void consume(size_t bytes);
  size_t size() const { return size_; }
  void clear();

 private:
  struct Piece {
    Piece* next = nullptr;
    SharedBuffer* from = nullptr;  // null: the bytes follow the piece
    char* begin = nullptr;
    uint32_t size = 0;
    uint32_t room = 0;      // behind them
    uint32_t capacity = 0;  // of the block that begins with the piece
    std::string_view bytes() const { return {begin, size}; }
  };
  bool join(std::string_view bytes, const SharedBuffer* from);
  void append(Piece* piece);
  static void destroy(Piece* piece);

  Piece* first_ = nullptr;
  Piece* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace weft::proxy
