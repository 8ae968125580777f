// How much repeating may add to what a destination is asked. A repeat that helps is for free; those in vain are at most
// a share of the requests, so that a service that fails as a whole is hardly asked more often than it is called, while
// one of whose instances some fail is repeated as the policy says. A few are always allowed: with little traffic a
// share means nothing. One per destination and worker; worker's thread only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "proxy/runtime/timer_wheel.h"

namespace weft::proxy {

class RetryBudget {
 public:
  // In so many seconds so many in vain are always allowed.
  static constexpr size_t kSeconds = 10;
  static constexpr uint32_t kFree = 100;

  // A request came that may be repeated.
  void requested(TimePoint now) {
    advance(now);
    add(1, 0);
  }
  // Whether another repeat fits. `percent` of the requests; 0: any number.
  bool allows(TimePoint now, uint32_t percent);

 private:
  friend class Repeat;
  struct Second {
    uint32_t requests = 0;
    uint32_t in_vain = 0;
  };
  void advance(TimePoint now);
  void add(uint32_t requests, uint32_t in_vain);

  std::array<Second, kSeconds> seconds_{};
  Second all_;
  int64_t second_ = 0;
  uint32_t under_way_ = 0;  // count as in vain until they are over
};

// One repeat, from its decision to its end. Movable.
class Repeat {
 public:
  Repeat() = default;
  explicit Repeat(RetryBudget& budget) : budget_(&budget) { ++budget.under_way_; }
  Repeat(Repeat&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
  Repeat& operator=(Repeat&& other) noexcept {
    if (this != &other) {
      leave();
      budget_ = std::exchange(other.budget_, nullptr);
    }
    return *this;
  }
  ~Repeat() { leave(); }

  // It helped, or nobody was asked by it.
  void leave() {
    if (budget_ != nullptr) --std::exchange(budget_, nullptr)->under_way_;
  }
  void was_in_vain(TimePoint now);

 private:
  RetryBudget* budget_ = nullptr;
};

}  // namespace weft::proxy
