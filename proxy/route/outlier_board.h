// What requests have shown of the instances of one destination: who fails is left out for a while. All workers write to
// it, with atomics alone, so that five failures are five whichever workers saw them. It has no timer: whoever picks an
// instance lets the time pass. Made by the snapshot builder for a backend whose plan asks for it; what was known of an
// instance goes on to the next version of its endpoint set.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "policies/plan.h"
#include "proxy/route/route.h"

namespace weft::proxy {

class OutlierBoard {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // What one attempt, or one connection of a TCP destination, came to.
  enum class Sign : uint8_t {
    kGood,
    kFailed,         // an answer of 500 and above
    kGatewayFailed,  // 502, 503, 504
    kNoAnswer,       // not reached, closed, reset, too late
  };

  // `before`: the board of the same destination until now; may be null.
  OutlierBoard(const OutlierRule& rule, const EndpointSet& set, const OutlierBoard* before);

  const OutlierRule& rule() const { return rule_; }
  bool is_out(size_t endpoint) const { return records_[endpoint]->out_until.load(std::memory_order_relaxed) != 0; }
  // Rises whenever is_out() of some endpoint changes; no two boards ever have the same.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // True: with this one the endpoint is out.
  bool report(size_t endpoint, Sign sign, TimePoint now) const;
  // Once an interval: those whose time is over come back, rates are compared.
  void let_pass(TimePoint now) const {
    if (now.time_since_epoch().count() >= next_review_.load(std::memory_order_relaxed)) review(now);
  }

 private:
  // Answers, and attempts that got none, of one interval.
  struct Volume {
    std::atomic<uint32_t> all{0};
    std::atomic<uint32_t> good{0};
  };
  struct Record {
    std::atomic<uint32_t> failures{0};  // in a row, as the others
    std::atomic<uint32_t> gateway_failures{0};
    std::atomic<uint32_t> no_answers{0};
    Volume answers;
    Volume reached;
    std::atomic<int64_t> out_until{0};  // 0: it is in
    std::atomic<uint32_t> times_out{0};
  };

  bool put_out(Record& record, TimePoint now) const;
  void review(TimePoint now) const;
  void compare(Volume Record::*volume, TimePoint now) const;

  const OutlierRule rule_;
  std::vector<uint32_t> slots_;  // by endpoint
  std::vector<std::shared_ptr<Record>> records_;
  mutable std::atomic<int64_t> next_review_{0};  // 0: nobody has looked yet
  mutable std::atomic<uint64_t> version_{next_set_number() << 24};
};

// Null when the plan does not ask for one; `before` when it can go on.
std::shared_ptr<const OutlierBoard> make_outlier_board(const Plan& plan, const EndpointSet& set,
                                                       const OutlierBoard* before);

}  // namespace weft::proxy
