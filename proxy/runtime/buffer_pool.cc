#include "proxy/runtime/buffer_pool.h"

#include <sys/mman.h>

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
  for (char* bytes : free_) {
    ASAN_UNPOISON_MEMORY_REGION(bytes, kBufferSize);
    munmap(bytes, kBufferSize);
  }
}

Buffer BufferPool::take() {
  if (!free_.empty()) {
    char* bytes = free_.back();
    free_.pop_back();
    ASAN_UNPOISON_MEMORY_REGION(bytes, kBufferSize);
    return {this, bytes};
  }
  // Straight from the system, so that what a burst needed goes back to it afterwards; untouched pages cost nothing.
  void* bytes = mmap(nullptr, kBufferSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) {
    log_error("out of memory for buffers", {{"reason", std::strerror(errno)}});
    std::abort();
  }
  return {this, static_cast<char*>(bytes)};
}

void BufferPool::give_back(char* bytes) {
  if (free_.size() >= kMaxFree) {
    munmap(bytes, kBufferSize);
    return;
  }
  ASAN_POISON_MEMORY_REGION(bytes, kBufferSize);
  free_.push_back(bytes);
}

}  // namespace weft::proxy
