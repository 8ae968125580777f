// co_await sleep_until(loop, deadline): nothing but time passes. To be able to end it early, keep it in a variable and
// call cancel(). Lives in the coroutine that waits; worker's thread only.
#pragma once

#include <coroutine>
#include <utility>

#include "proxy/runtime/connection.h"
#include "proxy/runtime/event_loop.h"

namespace weft::proxy {

class Sleep final : private Timer {
 public:
  Sleep(EventLoop& loop, TimePoint deadline) : loop_(loop), deadline_(deadline) {}

  // Resumes the sleeper with kCancelled; before the sleep has begun, it ends at once.
  void cancel() {
    wake_ = Wake::kCancelled;
    loop_.disarm(*this);
    if (sleeper_) std::exchange(sleeper_, nullptr).resume();
  }

  bool await_ready() const noexcept { return wake_ == Wake::kCancelled || deadline_ <= loop_.now(); }
  void await_suspend(std::coroutine_handle<> sleeper) noexcept {
    sleeper_ = sleeper;
    loop_.arm(*this, deadline_);
  }
  Wake await_resume() const noexcept { return wake_; }

 private:
  void on_timer() override { std::exchange(sleeper_, nullptr).resume(); }

  EventLoop& loop_;
  const TimePoint deadline_;
  Wake wake_ = Wake::kDeadline;
  std::coroutine_handle<> sleeper_;
};

[[nodiscard]] inline Sleep sleep_until(EventLoop& loop, TimePoint deadline) { return {loop, deadline}; }

struct NextTurn {
  EventLoop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    loop.defer([waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}
};

}  // namespace weft::proxy
