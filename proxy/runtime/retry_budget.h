// How much repeating may add to what a destination is asked. A repeat that helps is for free; those in vain are at most
// a share of the requests, so that a service that fails as a whole is hardly asked more often than it is called, while
// one of whose instances some fail is repeated as the policy says. A few are always allowed: with little traffic a
// share means nothing. One per destination, for all workers: each counts in a lane of its own, and reads all of them
// when it wants to repeat something.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "proxy/runtime/timer_wheel.h"

namespace weft::proxy {

class RetryBudget {
 public:
  // In so many seconds so many in vain are always allowed.
  static constexpr int64_t kSeconds = 10;
  static constexpr uint64_t kFree = 100;

  explicit RetryBudget(uint32_t workers);

  // A request came that may be repeated.
  void requested(uint32_t worker, TimePoint now);
  // Whether another repeat fits. `percent` of the requests; 0: any number. Two workers that ask at once may overstep it
  // by one.
  bool allows(TimePoint now, uint32_t percent) const;

 private:
  friend class Repeat;
  using Number = std::atomic<uint32_t>;
  // Its requests and what was in vain; written by one worker.
  struct Second {
    std::atomic<int64_t> number{-1};
    Number requests{0};
    Number in_vain{0};
  };
  struct alignas(64) Lane {
    std::array<Second, kSeconds> seconds;
    Number under_way{0};  // count as in vain until they are over
  };
  Lane& lane(uint32_t worker) { return lanes_[worker % workers_]; }
  Second& second(uint32_t worker, TimePoint now);

  const uint32_t workers_;
  const std::unique_ptr<Lane[]> lanes_;
};

// One repeat, from its decision to its end. Movable; its worker's thread only.
class Repeat {
 public:
  Repeat() = default;
  Repeat(RetryBudget& budget, uint32_t worker);
  Repeat(Repeat&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), worker_(other.worker_) {}
  Repeat& operator=(Repeat&& other) noexcept;
  ~Repeat() { leave(); }

  // It helped, or nobody was asked by it.
  void leave();
  void was_in_vain(TimePoint now);

 private:
  RetryBudget* budget_ = nullptr;
  uint32_t worker_ = 0;
};

// Those of all destinations, by the number of their counters, each made when it is first wanted. Any thread.
class RetryBudgets {
 public:
  static constexpr size_t kSlots = 4096;  // beyond, the last one is shared, as counters are

  RetryBudgets() = default;
  ~RetryBudgets();
  RetryBudgets(const RetryBudgets&) = delete;
  RetryBudgets& operator=(const RetryBudgets&) = delete;

  // The number of one more worker. All come before the first budget is wanted.
  uint32_t add_worker() { return workers_.fetch_add(1, std::memory_order_relaxed); }
  RetryBudget& of(uint32_t counters_slot);

 private:
  std::atomic<uint32_t> workers_{0};
  std::array<std::atomic<RetryBudget*>, kSlots> budgets_{};
};

}  // namespace weft::proxy
