// Task<T>: a coroutine that starts when it is awaited and resumes its awaiter when it ends. Frames come from a free
// list of the thread, so a request allocates none in steady state. One thread only: a task is started, resumed and
// destroyed on the worker it belongs to. spawn() runs one on its own. Nothing here throws; an exception that leaves a
// coroutine ends the process.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace weft::proxy {

// Blocks of one thread by size class (256 bytes steps up to 5 KiB); larger ones go to the heap.
void* allocate_frame(std::size_t size);
void free_frame(void* frame, std::size_t size) noexcept;
// This thread keeps more free blocks than it keeps for ever; somebody should call trim_frames() from time to time.
bool frames_oversized();
// Gives what lay unused since the last call back to the heap; the number of blocks.
std::size_t trim_frames();

namespace task_detail {

struct PromiseBase {
  std::coroutine_handle<> awaiter;

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct ResumeAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      // No awaiter yet: it ended without ever waiting, and its awaiter goes on by itself.
      const std::coroutine_handle<> awaiter = ended.promise().awaiter;
      return awaiter ? awaiter : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  ResumeAwaiter final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;
  std::coroutine_handle<Promise> get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  std::coroutine_handle<Promise> get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace task_detail

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::Promise<T>;

  Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}  // NOLINT: made by the compiler
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  // Starts it as a plain call: a loop over tasks that end at once then needs no tail calls to keep its stack flat
  // (sanitized builds have none).
  bool await_suspend(std::coroutine_handle<> awaiter) noexcept {
    frame_.resume();
    if (frame_.done()) return false;
    frame_.promise().awaiter = awaiter;
    return true;
  }
  T await_resume() { return frame_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace task_detail {

// Owns itself: starts at once, its frame goes when it ends.
struct Detached {
  struct promise_type {
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
};

inline Detached run_detached(Task<void> task) { co_await task; }

}  // namespace task_detail

// Runs `task` to its first suspension now, the rest as events arrive.
inline void spawn(Task<void> task) { task_detail::run_detached(std::move(task)); }

}  // namespace weft::proxy
