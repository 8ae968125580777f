#include "proxy/runtime/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace weft::proxy {

using timer_detail::Link;

TimerWheel::TimerWheel(TimePoint start) : start_(start) {
  for (auto& level : slots_) {
    for (Link& head : level) head.next = head.previous = &head;
  }
}

TimerWheel::~TimerWheel() {
  for (auto& level : slots_) {
    for (Link& head : level) {
      while (head.next != &head) static_cast<Timer*>(head.next)->unlink();
    }
  }
}

void TimerWheel::place(Timer& timer) {
  // A tick that has passed fires on the next one. The level is that of the highest bit in which the tick differs from
  // now. One slot of the highest level stays free: the slot that lies a whole turn ahead is the one we are in.
  constexpr uint64_t kReach = uint64_t{kSlots - 1} << (kBits * (kLevels - 1));
  const uint64_t tick = std::clamp(timer.due_, tick_ + 1, tick_ + kReach);
  unsigned level = static_cast<unsigned>(std::bit_width(tick ^ tick_) - 1) / kBits;
  level = std::min(level, kLevels - 1);
  const unsigned slot = (tick >> (kBits * level)) % kSlots;
  timer.place_ = tick;
  Link& head = slots_[level][slot];
  timer.next = &head;
  timer.previous = head.previous;
  head.previous->next = &timer;
  head.previous = &timer;
  occupied_[level] |= uint64_t{1} << slot;
}

TimerWheel::Expiry TimerWheel::next() const {
  // Whatever lies on a level comes before everything on the levels above it.
  for (unsigned level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const unsigned shift = kBits * level;
    const unsigned here = (tick_ >> shift) % kSlots;
    const unsigned ahead = static_cast<unsigned>(std::countr_zero(std::rotr(occupied_[level], static_cast<int>(here))));
    const uint64_t first = tick_ >> shift;
    return {level, (here + ahead) % kSlots, (first + ahead) << shift};
  }
  return {};
}

TimePoint TimerWheel::next_expiry() const {
  const Expiry expiry = next();
  if (expiry.level == kLevels) return kNever;
  return start_ + kTick * static_cast<int64_t>(expiry.tick);
}

void TimerWheel::advance(TimePoint now) {
  if (now < start_) return;
  const auto target = static_cast<uint64_t>((now - start_) / kTick);
  if (target <= tick_) return;
  for (Expiry expiry = next(); expiry.tick <= target; expiry = next()) {
    tick_ = std::max(tick_, expiry.tick);
    take_slot(expiry);
  }
  tick_ = target;
}

void TimerWheel::take_slot(const Expiry& expiry) {
  occupied_[expiry.level] &= ~(uint64_t{1} << expiry.slot);
  // A list of its own: what fires may arm, disarm and destroy timers, those of this slot too.
  Link due;
  Link& head = slots_[expiry.level][expiry.slot];
  if (head.next == &head) return;
  due = head;
  due.next->previous = &due;
  due.previous->next = &due;
  head.next = head.previous = &head;
  while (due.next != &due) {
    auto* timer = static_cast<Timer*>(due.next);
    timer->unlink();
    if (timer->due_ == Timer::kNoTick) continue;
    if (timer->due_ > tick_) {
      place(*timer);
      continue;
    }
    timer->due_ = Timer::kNoTick;
    timer->on_timer();
  }
}

}  // namespace weft::proxy
