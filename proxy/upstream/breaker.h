// The limits of a MeshCircuitBreaker where they are met: a share of what a destination may use at once, or a count and
// a line in the log (one a second at most) that there is none left. Worker's thread only; the counts are the process's.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "policies/plan.h"
#include "proxy/route/route.h"
#include "proxy/route/usage.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/worker.h"
#include "proxy/telemetry/counters.h"
#include "proxy/upstream/pool.h"

namespace weft::proxy {

// Where a share is asked for, and for whom it is counted.
struct Breaker {
  Worker& worker;
  DestinationCounters& counters;
  const EndpointSet& set;
  const Plan& plan;

  // False: it is used up.
  bool take(Used what, UsageShare& share) const {
    const uint32_t limit = plan.limits == nullptr ? UsageShare::kNoLimit : limit_of(*plan.limits, what);
    if (share.take(set.usage, what, limit)) return true;
    report(what, limit);
    return false;
  }

  static uint32_t limit_of(const LimitRule& rule, Used what);
  void report(Used what, uint32_t limit) const;
};

// One connection to an instance, from before it is opened until it has ended.
class ConnectionShare final : public Connection::Companion {
 public:
  explicit ConnectionShare(UsageShare share) : share_(std::move(share)) {}
  ~ConnectionShare() override;

  // From now on it goes back to the pool, and requests may wait there for it; null: not any more.
  void belong_to(ConnectionPool* pool, uint32_t slot);

 private:
  UsageShare share_;
  ConnectionPool* pool_ = nullptr;
  uint32_t slot_ = 0;
};

// Null: there are as many as may be. `anyway`: one is opened all the same.
std::unique_ptr<ConnectionShare> take_connection(const Breaker& breaker, bool anyway);

}  // namespace weft::proxy
