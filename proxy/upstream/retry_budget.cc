#include "proxy/upstream/retry_budget.h"

#include <algorithm>

namespace weft::proxy {

void RetryBudget::advance(TimePoint now) {
  const int64_t second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const int64_t passed = std::clamp<int64_t>(second - second_, 0, kSeconds);
  for (int64_t i = 0; i < passed; ++i) {
    Second& old = seconds_[static_cast<size_t>(second - i) % kSeconds];
    all_.requests -= old.requests;
    all_.in_vain -= old.in_vain;
    old = {};
  }
  second_ = std::max(second, second_);
}

void RetryBudget::add(uint32_t requests, uint32_t in_vain) {
  Second& current = seconds_[static_cast<size_t>(second_) % kSeconds];
  current.requests += requests;
  current.in_vain += in_vain;
  all_.requests += requests;
  all_.in_vain += in_vain;
}

// Within ten seconds, and within the last two of them: what was saved up in good times is not spent all at once.
bool RetryBudget::allows(TimePoint now, uint32_t percent) {
  if (percent == 0) return true;
  advance(now);
  if (all_.in_vain + under_way_ < kFree) return true;
  const auto fits = [&](uint64_t in_vain, uint64_t requests) {
    return (in_vain + under_way_ + 1) * 100 <= requests * percent;
  };
  const Second& current = seconds_[static_cast<size_t>(second_) % kSeconds];
  const Second& before = seconds_[static_cast<size_t>(second_ + kSeconds - 1) % kSeconds];
  return fits(all_.in_vain, all_.requests) &&
         fits(current.in_vain + before.in_vain, current.requests + before.requests);
}

void Repeat::was_in_vain(TimePoint now) {
  if (budget_ == nullptr) return;
  budget_->advance(now);
  budget_->add(0, 1);
  leave();
}

}  // namespace weft::proxy
