// One worker's event loop: epoll in edge-triggered mode, a coarse timer wheel, tasks posted by other threads. It reads
// the clock once a turn. Each descriptor is registered once, when it is opened, for both directions; after that the
// loop makes no epoll_ctl call for it. Owned by its worker; everything but post() and stop() belongs to the worker's
// thread.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "proxy/runtime/timer_wheel.h"

namespace weft::proxy {

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
  // One turn: waits for events at most `limit`, then serves them, the timers that are due and what was posted or
  // deferred.
  void turn(std::chrono::milliseconds limit);
  void stop();                                     // any thread
  void post(absl::AnyInvocable<void()> function);  // any thread; runs on the loop's thread, in order
  // Runs at the end of this turn, before the loop waits again. The loop's thread only.
  void defer(absl::AnyInvocable<void()> function);

  // The time at the start of this turn.
  TimePoint now() const { return now_; }
  // For tests: so much time passes before the next turn.
  void skip(Clock::duration time) { skipped_ += time; }
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  void add(int descriptor, Watcher* watcher);  // both directions, edge-triggered
  // The watcher is told of `events` in the next turn, as if they came then.
  void tell_again(Watcher* watcher, uint32_t events) { again_.push_back({watcher, events}); }
  // Watchers that belong to nobody else; those that are left die with the loop. abandon() destroys one.
  void adopt(std::unique_ptr<Watcher> watcher) { adopted_.push_back(std::move(watcher)); }
  void abandon(const Watcher* watcher);
  void remove(int descriptor,
              Watcher* watcher);  // before the descriptor is closed; no event for it is delivered afterwards

  void arm(Timer& timer, TimePoint deadline) {
    wheel_.arm(timer, deadline);
  }  // moves it when it is armed; kNever disarms
  void disarm(Timer& timer) { wheel_.disarm(timer); }

 private:
  static constexpr int kMaxEvents = 256;

  int wait_milliseconds(std::chrono::milliseconds limit) const;
  void tell_those_again();
  void run_posted();
  void run_deferred();
  void wake();

  const int epoll_;
  const int wake_;  // an eventfd
  Clock::duration skipped_{0};
  TimePoint now_;
  TimerWheel wheel_;
  struct Told {
    Watcher* watcher;  // null: removed meanwhile
    uint32_t events;
  };
  std::vector<Told> again_;
  std::vector<Told> telling_;  // what tell_those_again() works on; keeps its memory
  std::vector<absl::AnyInvocable<void()>> deferred_;
  std::vector<absl::AnyInvocable<void()>> running_;  // what run_deferred() works on; keeps its memory
  std::vector<std::unique_ptr<Watcher>> adopted_;
  // The batch being served: [served_, received_) is still to come.
  epoll_event events_[kMaxEvents];
  int served_ = 0;
  int received_ = 0;

  std::atomic<bool> stopping_{false};
  std::mutex posted_mutex_;
  std::vector<absl::AnyInvocable<void()>> posted_;
};

}  // namespace weft::proxy
