#include "proxy/http2/piece_pool.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace weft::proxy {
namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kClasses = 16;
// Kept for ever, of each class: what some thousand streams need.
constexpr std::size_t kKeptBytes = 256 * 1024;

// In front of every piece.
struct alignas(std::max_align_t) Front {
  std::size_t room;  // bytes behind it
  Front* next;       // while it lies in a free list
};

struct FreeList {
  Front* first = nullptr;
  std::size_t bytes = 0;
};

struct FreeLists {
  std::array<FreeList, kClasses> lists;
  ~FreeLists() {
    for (FreeList& list : lists) {
      while (list.first != nullptr) std::free(std::exchange(list.first, list.first->next));
    }
  }
};

thread_local FreeLists free_lists;

// Under AddressSanitizer every piece is the heap's: one used after its end is then found.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif

Front* front_of(void* piece) { return static_cast<Front*>(piece) - 1; }
// The class of pieces with that much room; kClasses and above: none.
std::size_t class_of(std::size_t room) { return kPooled ? (room - 1) / kStep : kClasses; }

}  // namespace

void* take_piece(std::size_t size) {
  const std::size_t index = class_of(std::max<std::size_t>(size, 1));
  if (index < kClasses && free_lists.lists[index].first != nullptr) {
    FreeList& list = free_lists.lists[index];
    Front* const front = std::exchange(list.first, list.first->next);
    list.bytes -= front->room;
    return front + 1;
  }
  const std::size_t room = index < kClasses ? (index + 1) * kStep : size;
  if (room > SIZE_MAX - sizeof(Front)) return nullptr;
  void* const block = std::malloc(sizeof(Front) + room);
  return block == nullptr ? nullptr : new (block) Front{room, nullptr} + 1;
}

void give_piece(void* piece) {
  if (piece == nullptr) return;
  Front* const front = front_of(piece);
  const std::size_t index = class_of(front->room);
  if (index >= kClasses || free_lists.lists[index].bytes >= kKeptBytes) return std::free(front);
  FreeList& list = free_lists.lists[index];
  front->next = std::exchange(list.first, front);
  list.bytes += front->room;
}

void* take_zeroed_pieces(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const piece = take_piece(bytes);
  if (piece != nullptr) std::memset(piece, 0, bytes);
  return piece;
}

void* resize_piece(void* piece, std::size_t size) {
  if (piece == nullptr) return take_piece(size);
  const std::size_t room = front_of(piece)->room;
  if (kPooled && size <= room) return piece;
  void* const larger = take_piece(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, piece, std::min(room, size));
  give_piece(piece);
  return larger;
}

}  // namespace weft::proxy
