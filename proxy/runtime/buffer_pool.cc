#include "proxy/runtime/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/log.h"

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
  return {this, static_cast<char*>(bytes)};
}

void BufferPool::give_back(char* bytes) {
  ASAN_POISON_MEMORY_REGION(bytes, kBufferSize);
  free_.push_back(bytes);
}

void BufferPool::trim() {
  if (oversized()) {
    const size_t unused = std::min(lowest_, free_.size() - kKept);
    const auto end = free_.begin() + static_cast<ptrdiff_t>(unused);
    std::for_each(free_.begin(), end, unmap);
    free_.erase(free_.begin(), end);
  }
  lowest_ = free_.size();
}

}  // namespace weft::proxy
