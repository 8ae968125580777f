// Deadlines in ticks of 8 ms, in five levels of 64 slots: arming is a few pointer writes, an hour costs no more than a
// second, and the next expiry is found by counting bits. A timer that is disarmed, or moved later, stays where it lies
// and is looked at again when its old place comes up, so the usual deadline of a request costs two stores. Owned by one
// event loop; its thread only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace weft::proxy {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
inline constexpr TimePoint kNever = TimePoint::max();

namespace timer_detail {
struct Link {
  Link* next = nullptr;
  Link* previous = nullptr;
};
}  // namespace timer_detail

// A place in the timer wheel. Embedded in what waits. Fires on the first tick at or after its deadline; on_timer() may
// destroy it.
class Timer : private timer_detail::Link {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() { unlink(); }
  virtual void on_timer() = 0;
  // It will fire unless somebody disarms it.
  bool armed() const { return due_ != kNoTick; }

 private:
  friend class TimerWheel;
  static constexpr uint64_t kNoTick = UINT64_MAX;
  void unlink() {
    if (next == nullptr) return;
    next->previous = previous;
    previous->next = next;
    next = nullptr;
  }
  uint64_t due_ = kNoTick;    // the tick it fires at
  uint64_t place_ = kNoTick;  // the tick it lies at: at most due_
};

class TimerWheel {
 public:
  static constexpr std::chrono::nanoseconds kTick = std::chrono::milliseconds(8);

  explicit TimerWheel(TimePoint start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();  // leaves the timers that are still armed unlinked

  void arm(Timer& timer, TimePoint deadline) {
    const uint64_t due = tick_at_or_after(deadline);
    timer.due_ = due;
    if (timer.next != nullptr && due >= timer.place_) return;
    if (due == Timer::kNoTick) return;
    timer.unlink();
    place(timer);
  }
  void disarm(Timer& timer) { timer.due_ = Timer::kNoTick; }

  // Fires what is due at `now`.
  void advance(TimePoint now);
  // When advance() has something to look at next (not later than the earliest deadline); kNever when the wheel is
  // empty.
  TimePoint next_expiry() const;

 private:
  static constexpr unsigned kBits = 6;
  static constexpr unsigned kSlots = 1u << kBits;
  static constexpr unsigned kLevels = 5;  // 63 * 64^4 ticks: 97 days; what is further away is looked at then
  struct Expiry {
    unsigned level = kLevels;  // kLevels: none
    unsigned slot = 0;
    uint64_t tick = Timer::kNoTick;
  };

  uint64_t tick_at_or_after(TimePoint time) const {
    if (time == kNever) return Timer::kNoTick;
    if (time <= start_) return 0;
    const auto distance = time - start_;
    return static_cast<uint64_t>(distance / kTick) + (distance % kTick != kTick.zero() ? 1 : 0);
  }
  void place(Timer& timer);
  Expiry next() const;
  void take_slot(const Expiry& expiry);

  const TimePoint start_;
  uint64_t tick_ = 0;  // everything due at or before it has fired
  std::array<uint64_t, kLevels> occupied_{};
  std::array<std::array<timer_detail::Link, kSlots>, kLevels> slots_;
};

}  // namespace weft::proxy
