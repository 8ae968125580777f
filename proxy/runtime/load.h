// What the whole process carries, shared by its workers: connections, and how close memory is to its limit. The truth
// about memory is measured from outside (proxy/memory_watch.h); between two measurements what workers claim is added to
// it, so that a burst cannot outrun the clock. Pressure rises at once and falls by measurement only, with a gap, so
// that it does not flutter. Any thread; per request nothing here is touched but pressure(), a relaxed load, and a
// worker's own part of a budget.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string_view>

#include "proxy/runtime/retry_budget.h"

namespace weft::proxy {

// What is done includes what the levels below it do.
enum class Pressure : uint8_t {
  kNone,
  kShed,    // new requests are refused, buffers that are not needed go back to the system
  kRefuse,  // no connection is accepted, idle ones are closed
  kCut,     // the newest connections are cut, some at a time
};
std::string_view pressure_word(Pressure pressure);

class ProcessLoad {
 public:
  Pressure pressure() const { return pressure_.load(std::memory_order_relaxed); }
  bool shedding() const { return pressure() >= Pressure::kShed; }

  // Memory that is about to be used, or was given back. An estimate: the next measurement corrects it.
  void claim(int64_t bytes);
  // `used` of `limit` bytes; limit 0: there is none.
  void measured(uint64_t used, uint64_t limit);

  RetryBudgets& retry_budgets() { return retry_budgets_; }

  uint32_t connections() const { return connections_.load(std::memory_order_relaxed); }
  void connection_opened();
  void connection_closed();

 private:
  static constexpr int64_t kOutOfReach = std::numeric_limits<int64_t>::max();
  Pressure level_at(int64_t claimed) const;

  RetryBudgets retry_budgets_;
  std::atomic<Pressure> pressure_{Pressure::kNone};
  std::atomic<uint32_t> connections_{0};
  std::atomic<int64_t> claimed_{0};
  // How much may be claimed until the next level is reached.
  std::atomic<int64_t> shed_at_{kOutOfReach};
  std::atomic<int64_t> refuse_at_{kOutOfReach};
  std::atomic<int64_t> cut_at_{kOutOfReach};
};

}  // namespace weft::proxy
