// Pipes for splice(), which moves bytes from socket to socket through one without copying them. Lent only while bytes
// are pending, as buffers are; so many at a time, then whoever asks copies instead. Owned by the worker, whose thread
// alone uses it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace weft::proxy {

class PipePool;

// Two descriptors, or none. Goes back to its pool when it is empty, else it is closed.
class Pipe {
 public:
  Pipe() = default;
  Pipe(Pipe&& other) noexcept
      : held(other.held), pool_(std::exchange(other.pool_, nullptr)), out_(other.out_), in_(other.in_) {}
  Pipe& operator=(Pipe&& other) noexcept {
    std::swap(held, other.held);
    std::swap(pool_, other.pool_);
    std::swap(out_, other.out_);
    std::swap(in_, other.in_);
    return *this;
  }
  ~Pipe();

  explicit operator bool() const { return pool_ != nullptr; }
  int out() const { return out_; }  // is read from
  int in() const { return in_; }    // is written to

  size_t held = 0;  // bytes in it

 private:
  friend class PipePool;
  Pipe(PipePool* pool, int out, int in) : pool_(pool), out_(out), in_(in) {}
  PipePool* pool_ = nullptr;
  int out_ = -1;
  int in_ = -1;
};

class PipePool {
 public:
  // Lent at a time; each holds two descriptors and at most kPipeBytes.
  static constexpr size_t kLent = 64;
  static constexpr size_t kPipeBytes = 256 * 1024;

  PipePool() = default;
  ~PipePool();
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  Pipe take();  // empty: none may be had
  size_t lent() const { return lent_; }
  size_t kept() const { return free_.size(); }

 private:
  friend class Pipe;
  static constexpr size_t kKept = 16;
  struct Ends {
    int out;
    int in;
  };
  void give_back(Ends ends, bool empty);
  std::vector<Ends> free_;
  size_t lent_ = 0;
  bool quiet_ = false;  // this thread is not signalled
};

}  // namespace weft::proxy
