#include "proxy/runtime/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "proxy/runtime/load.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace weft::proxy {
namespace {

void unmap(char* bytes) {
  ASAN_UNPOISON_MEMORY_REGION(bytes, kBufferSize);
  munmap(bytes, kBufferSize);
}

}  // namespace

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), bytes_(std::exchange(other.bytes_, nullptr)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  pool_ = std::exchange(other.pool_, nullptr);
  bytes_ = std::exchange(other.bytes_, nullptr);
  return *this;
}

Buffer::~Buffer() { release(); }

void Buffer::release() {
  if (bytes_ != nullptr) pool_->give_back(std::exchange(bytes_, nullptr));
}

BufferPool::~BufferPool() {
  for (char* bytes : free_) unmap(bytes);
}

Buffer BufferPool::take() {
  if (!free_.empty()) {
    char* bytes = free_.back();
    free_.pop_back();
    free_count_.subtract();
    lowest_ = std::min(lowest_, free_.size());
    ASAN_UNPOISON_MEMORY_REGION(bytes, kBufferSize);
    return {this, bytes};
  }
  // Straight from the system, so that it can go back there; untouched pages cost nothing.
  void* bytes = mmap(nullptr, kBufferSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) {
    log_error("out of memory for buffers", {{"reason", std::strerror(errno)}});
    std::abort();
  }
  mapped_.add();
  if (load_ != nullptr) load_->claim(kBufferSize);
  return {this, static_cast<char*>(bytes)};
}

void BufferPool::give_back(char* bytes) {
  ASAN_POISON_MEMORY_REGION(bytes, kBufferSize);
  free_.push_back(bytes);
  free_count_.add();
}

void BufferPool::trim() {
  if (oversized()) unmap_front(std::min(lowest_, free_.size() - kKept));
  lowest_ = free_.size();
}

void BufferPool::release_free() {
  unmap_front(free_.size());
  lowest_ = 0;
}

void BufferPool::unmap_front(size_t count) {
  const auto end = free_.begin() + static_cast<ptrdiff_t>(count);
  std::for_each(free_.begin(), end, unmap);
  free_.erase(free_.begin(), end);
  free_count_.subtract(count);
  mapped_.subtract(count);
  if (load_ != nullptr) load_->claim(-static_cast<int64_t>(count * kBufferSize));
}

}  // namespace weft::proxy
