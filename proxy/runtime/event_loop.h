// One worker's event loop: epoll in edge-triggered mode, a coarse timer wheel, tasks posted by other threads. It reads the clock
// once a turn. Each descriptor is registered once, when it is opened, for both directions; after that the loop makes no
// epoll_ctl call for it. Owned by its worker; everything but post() and stop() belongs to the worker's thread.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"

namespace weft::proxy {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
inline constexpr TimePoint kNever = TimePoint::max();

// A place in the timer wheel. Embedded in what waits; cancelling and re-arming cost a few pointer writes and no system call.
// Fires on the first tick (8 ms) at or after its deadline.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer();
  virtual void on_timer() = 0;
  bool armed() const { return next_ != nullptr; }

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  TimePoint deadline_ = kNever;
};

// Told of events on one descriptor. `events` are epoll's bits.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_events(uint32_t events) = 0;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until stop().
  void run();
  void stop();                                   // any thread
  void post(absl::AnyInvocable<void()> function);  // any thread; runs on the loop's thread, in order
  // Runs at the end of this turn, before the loop waits again. The loop's thread only.
  void defer(absl::AnyInvocable<void()> function);

  // The time at the start of this turn.
  TimePoint now() const { return now_; }

  void add(int descriptor, Watcher* watcher);     // both directions, edge-triggered
  void remove(int descriptor, Watcher* watcher);  // before the descriptor is closed; no event for it is delivered afterwards

  void arm(Timer& timer, TimePoint deadline);  // moves it when it is armed; kNever disarms
  void disarm(Timer& timer);

 private:
  struct State;
  std::unique_ptr<State> state_;
  TimePoint now_;
};

}  // namespace weft::proxy
