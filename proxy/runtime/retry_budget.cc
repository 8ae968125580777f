#include "proxy/runtime/retry_budget.h"

#include <algorithm>

namespace weft::proxy {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// What only this thread writes: no locked instruction.
void add(std::atomic<uint32_t>& number, uint32_t n) { number.store(number.load(kRelaxed) + n, kRelaxed); }

int64_t seconds_of(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

RetryBudget::RetryBudget(uint32_t workers)
    : workers_(std::max(workers, 1u)), lanes_(std::make_unique<Lane[]>(workers_)) {}

RetryBudget::Second& RetryBudget::second(uint32_t worker, TimePoint now) {
  const int64_t number = seconds_of(now);
  Second& second = lane(worker).seconds[static_cast<size_t>(number % kSeconds)];
  if (second.number.load(kRelaxed) != number) {
    second.requests.store(0, kRelaxed);
    second.in_vain.store(0, kRelaxed);
    second.number.store(number, kRelaxed);
  }
  return second;
}

void RetryBudget::requested(uint32_t worker, TimePoint now) { add(second(worker, now).requests, 1); }

// Within ten seconds, and within the last two of them: what was saved up in good times is not spent all at once.
bool RetryBudget::allows(TimePoint now, uint32_t percent) const {
  if (percent == 0) return true;
  struct Sum {
    uint64_t requests = 0;
    uint64_t in_vain = 0;
  };
  Sum all, last;
  const int64_t present = seconds_of(now);
  for (uint32_t i = 0; i < workers_; ++i) {
    const uint64_t under_way = lanes_[i].under_way.load(kRelaxed);
    all.in_vain += under_way;
    last.in_vain += under_way;
    for (const Second& second : lanes_[i].seconds) {
      const int64_t age = present - second.number.load(kRelaxed);
      if (age >= kSeconds) continue;
      all.requests += second.requests.load(kRelaxed);
      all.in_vain += second.in_vain.load(kRelaxed);
      if (age > 1) continue;
      last.requests += second.requests.load(kRelaxed);
      last.in_vain += second.in_vain.load(kRelaxed);
    }
  }
  const auto fits = [percent](const Sum& sum) { return (sum.in_vain + 1) * 100 <= sum.requests * percent; };
  return all.in_vain < kFree || (fits(all) && fits(last));
}

Repeat::Repeat(RetryBudget& budget, uint32_t worker) : budget_(&budget), worker_(worker) {
  add(budget.lane(worker).under_way, 1);
}

Repeat& Repeat::operator=(Repeat&& other) noexcept {
  if (this == &other) return *this;
  leave();
  budget_ = std::exchange(other.budget_, nullptr);
  worker_ = other.worker_;
  return *this;
}

void Repeat::leave() {
  if (budget_ == nullptr) return;
  RetryBudget::Lane& lane = std::exchange(budget_, nullptr)->lane(worker_);
  lane.under_way.store(lane.under_way.load(kRelaxed) - 1, kRelaxed);
}

void Repeat::was_in_vain(TimePoint now) {
  if (budget_ == nullptr) return;
  add(budget_->second(worker_, now).in_vain, 1);
  leave();
}

RetryBudgets::~RetryBudgets() {
  for (auto& place : budgets_) delete place.load(kRelaxed);
}

RetryBudget& RetryBudgets::of(uint32_t counters_slot) {
  auto& place = budgets_[std::min<size_t>(counters_slot, kSlots - 1)];
  RetryBudget* budget = place.load(std::memory_order_acquire);
  if (budget != nullptr) return *budget;
  auto made = std::make_unique<RetryBudget>(workers_.load(kRelaxed));
  // Another worker may be quicker.
  if (place.compare_exchange_strong(budget, made.get(), std::memory_order_acq_rel)) return *made.release();
  return *budget;
}

}  // namespace weft::proxy
