#include "proxy/runtime/task.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace weft::proxy {
namespace {

constexpr std::size_t kStep = 256;
constexpr std::size_t kClasses = 20;
// Of each class, for ever. More stay until they were not needed for a while.
constexpr std::size_t kKept = 64;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeList {
  FreeBlock* first = nullptr;
  std::size_t count = 0;
  std::size_t lowest = 0;  // count since the last trim

  void push(void* block) {
    first = new (block) FreeBlock{first};
    ++count;
  }
  void* pop() {
    --count;
    lowest = std::min(lowest, count);
    void* const block = std::exchange(first, first->next);
    __builtin_prefetch(first);  // with hundreds of requests under way the next one has left the cache
    return block;
  }
  // The number of blocks that went.
  std::size_t trim() {
    const std::size_t unused = count > kKept ? std::min(lowest, count - kKept) : 0;
    for (std::size_t i = 0; i < unused; ++i) ::operator delete(pop());
    lowest = count;
    return unused;
  }
};

struct FreeLists {
  std::array<FreeList, kClasses> lists;
  std::size_t above = 0;  // blocks beyond what is kept, over all lists
};

// Without a destructor of its own, which each use would have to see to.
constinit thread_local FreeLists free_lists;

struct AtThreadEnd {
  ~AtThreadEnd() {
    for (FreeList& list : free_lists.lists) {
      while (list.first != nullptr) ::operator delete(list.pop());
    }
  }
};

}  // namespace

bool frames_oversized() { return free_lists.above > 0; }

std::size_t trim_frames() {
  std::size_t given = 0;
  for (FreeList& list : free_lists.lists) given += list.trim();
  free_lists.above -= given;
  return given;
}

// Under AddressSanitizer every frame comes from the heap: a frame used after its end is then found.
#if defined(__SANITIZE_ADDRESS__)
void* allocate_frame(std::size_t size) { return ::operator new(size); }
void free_frame(void* frame, std::size_t) noexcept { ::operator delete(frame); }
#else
namespace {
void* new_block(std::size_t size) {
  thread_local const AtThreadEnd at_thread_end;
  return ::operator new(size);
}

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = (size - 1) / kStep;
  if (index >= kClasses) return ::operator new(size);
  FreeList& list = free_lists.lists[index];
  if (list.first == nullptr) return new_block((index + 1) * kStep);
  if (list.count > kKept) --free_lists.above;
  return list.pop();
}

void free_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / kStep;
  if (index >= kClasses) return ::operator delete(frame);
  FreeList& list = free_lists.lists[index];
  list.push(frame);
  if (list.count > kKept) ++free_lists.above;
}
#endif

}  // namespace weft::proxy
