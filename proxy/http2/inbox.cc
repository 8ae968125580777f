#include "proxy/http2/inbox.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "proxy/runtime/task.h"

namespace weft::proxy {
namespace {

constexpr size_t kFrameHeader = 9;
constexpr size_t kSmallestBlock = 256;
constexpr size_t kLargestBlock = 4096;

}  // namespace

SharedBuffer* SharedBuffer::take_from(BufferPool& pool) {
  return new (allocate_frame(sizeof(SharedBuffer))) SharedBuffer(pool.take());
}

void SharedBuffer::let_go() {
  if (--references_ > 0) return;
  this->~SharedBuffer();
  free_frame(this, sizeof(SharedBuffer));
}

void Inbox::add(std::string_view bytes, SharedBuffer* from) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  if (join(bytes, from)) return;
  if (from != nullptr && bytes.size() >= kReferred) {
    auto* const piece = new (allocate_frame(sizeof(Piece))) Piece;
    piece->capacity = sizeof(Piece);
    piece->from = from;
    from->refer();
    piece->begin = from->buffer().bytes() + (bytes.data() - from->buffer().bytes());
    piece->size = static_cast<uint32_t>(bytes.size());
    return append(piece);
  }
  // Each block is twice the one before, so that single bytes come to share a few.
  const bool grows = last_ != nullptr && last_->from == nullptr;
  const size_t usual = grows ? std::min<size_t>(size_t{last_->capacity} * 2, kLargestBlock) : kSmallestBlock;
  const size_t capacity = std::max(usual, sizeof(Piece) + bytes.size());
  void* const block = allocate_frame(capacity);
  auto* const piece = new (block) Piece;
  piece->begin = static_cast<char*>(block) + sizeof(Piece);
  std::memcpy(piece->begin, bytes.data(), bytes.size());
  piece->size = static_cast<uint32_t>(bytes.size());
  piece->capacity = static_cast<uint32_t>(capacity);
  piece->room = static_cast<uint32_t>(capacity - sizeof(Piece) - bytes.size());
  append(piece);
}

// Behind what is there already, without moving it.
bool Inbox::join(std::string_view bytes, const SharedBuffer* from) {
  if (last_ == nullptr) return false;
  char* const end = last_->begin + last_->size;
  if (last_->from == nullptr) {
    if (last_->room < bytes.size()) return false;
    std::memcpy(end, bytes.data(), bytes.size());
    last_->room -= static_cast<uint32_t>(bytes.size());
  } else {
    // The next DATA frame of the same receive: only its header lies between, and was read.
    if (last_->from != from || end + kFrameHeader != bytes.data()) return false;
    std::memmove(end, bytes.data(), bytes.size());
  }
  last_->size += static_cast<uint32_t>(bytes.size());
  return true;
}

void Inbox::append(Piece* piece) {
  (last_ == nullptr ? first_ : last_->next) = piece;
  last_ = piece;
}

void Inbox::consume(size_t bytes) {
  size_ -= bytes;
  first_->begin += bytes;
  first_->size -= static_cast<uint32_t>(bytes);
  if (first_->size > 0) return;
  Piece* const empty = std::exchange(first_, first_->next);
  if (first_ == nullptr) last_ = nullptr;
  destroy(empty);
}

void Inbox::clear() {
  while (first_ != nullptr) destroy(std::exchange(first_, first_->next));
  last_ = nullptr;
  size_ = 0;
}

void Inbox::destroy(Piece* piece) {
  if (piece->from != nullptr) piece->from->let_go();
  const size_t capacity = piece->capacity;
  piece->~Piece();
  free_frame(piece, capacity);
}

}  // namespace weft::proxy
