// Buffers of one size, per worker, lent only while bytes are pending: an idle connection owns none. The pool keeps what
// came back until trim() finds that it was not needed for a while, and then gives it to the system. Worker's thread
// only, but for the two numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proxy/telemetry/counter.h"

namespace weft::proxy {

// 64 KiB of body and the head before it: an answer of that size is received once and sent once.
inline constexpr size_t kBufferSize = 68 * 1024;

class BufferPool;
class ProcessLoad;

// A lent buffer; empty when default-constructed or moved from. Goes back to its pool when destroyed.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  explicit operator bool() const { return bytes_ != nullptr; }
  char* bytes() const { return bytes_; }
  size_t size() const { return bytes_ != nullptr ? kBufferSize : 0; }
  void release();

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, char* bytes) : pool_(pool), bytes_(bytes) {}
  BufferPool* pool_ = nullptr;
  char* bytes_ = nullptr;
};

class BufferPool {
 public:
  BufferPool() = default;
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  Buffer take();

  // More are free than the pool keeps for ever; somebody should call trim() from time to time.
  bool oversized() const { return free_.size() > kKept; }
  // Gives back to the system what has lain here since the last call.
  void trim();
  // The same with all that is free: memory is short.
  void release_free();

  // Is told what comes from the system and what goes back; must outlive the pool.
  void account_to(ProcessLoad* load) { load_ = load; }
  // Lent and free ones together. Any thread.
  uint64_t mapped_bytes() const { return mapped_.value() * kBufferSize; }
  uint64_t free_bytes() const { return free_count_.value() * kBufferSize; }

 private:
  friend class Buffer;
  static constexpr size_t kKept = 32;
  void give_back(char* bytes);
  void unmap_front(size_t count);
  std::vector<char*> free_;  // the last to come back is the first to go
  size_t lowest_ = 0;        // free ones since the last trim
  Counter mapped_;
  Counter free_count_;
  ProcessLoad* load_ = nullptr;
};

}  // namespace weft::proxy
