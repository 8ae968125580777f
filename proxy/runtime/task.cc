#include "proxy/runtime/task.h"

#include <array>
#include <new>

namespace weft::proxy {
namespace {

constexpr std::size_t kStep = 256;
constexpr std::size_t kClasses = 16;
// Of each class; what a burst needed beyond that goes back to the heap.
constexpr std::size_t kMaxFree = 64;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeLists {
  struct List {
    FreeBlock* first = nullptr;
    std::size_t count = 0;
  };
  std::array<List, kClasses> lists;

  ~FreeLists() {
    for (List& list : lists) {
      while (list.first != nullptr) ::operator delete(std::exchange(list.first, list.first->next));
    }
  }
};

thread_local FreeLists free_lists;

}  // namespace

// Under AddressSanitizer every frame comes from the heap: a frame used after its end is then found.
#if defined(__SANITIZE_ADDRESS__)
void* allocate_frame(std::size_t size) { return ::operator new(size); }
void free_frame(void* frame, std::size_t) noexcept { ::operator delete(frame); }
#else
void* allocate_frame(std::size_t size) {
  const std::size_t index = (size - 1) / kStep;
  if (index >= kClasses) return ::operator new(size);
  FreeLists::List& list = free_lists.lists[index];
  if (list.first == nullptr) return ::operator new((index + 1) * kStep);
  --list.count;
  return std::exchange(list.first, list.first->next);
}

void free_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / kStep;
  if (index >= kClasses || free_lists.lists[index].count >= kMaxFree) return ::operator delete(frame);
  FreeLists::List& list = free_lists.lists[index];
  ++list.count;
  list.first = new (frame) FreeBlock{list.first};
}
#endif

}  // namespace weft::proxy
