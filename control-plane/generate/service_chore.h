// Keeps services, workloads, host names and virtual addresses in step with the rest of the World: asks the engine what
// to write, and writes it. Owned by main.cc, on the thread of the chores.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/status.h"
#include "control-plane/engine/service_plan.h"
#include "control-plane/generate/chores.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {

class ServiceChore {
 public:
  // How long a store that cannot write is left alone.
  static constexpr std::chrono::seconds kRetryAfter{2};

  // `clock`: UTC. `store` and `worlds` must outlive the chore.
  ServiceChore(ServicePlanOptions options, VipRanges ranges, Store& store, const WorldPublisher& worlds,
               std::function<Time()> clock);

  // Blocks on the store. Returns when it wants to run again even if nothing changes. What is written lets it run again
  // by itself: a write that lost a race is derived again from what won.
  std::optional<Chores::SteadyTime> run(Chores::SteadyTime now);

  const ServicePlanner& planner() const { return planner_; }

 private:
  Status write(const std::vector<Write>& writes);
  void complain(const std::vector<std::string>& problems);

  ServicePlanner planner_;
  Store& store_;
  const WorldPublisher& worlds_;
  const std::function<Time()> clock_;
  std::set<std::string> told_;  // problems that were logged and still are
};

}  // namespace weft::cp
