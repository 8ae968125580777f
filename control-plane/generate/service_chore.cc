#include "control-plane/generate/service_chore.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "control-plane/generate/mesh_guard.h"

namespace weft::cp {
namespace {

// Writes that stand or fall together. A conflict throws no more than these away.
constexpr size_t kBatch = 128;

}  // namespace

ServiceChore::ServiceChore(ServicePlanOptions options, VipRanges ranges, Store& store, const WorldPublisher& worlds,
                           std::function<Time()> clock)
    : planner_(std::move(options), std::move(ranges)), store_(store), worlds_(worlds), clock_(std::move(clock)) {}

std::optional<Chores::SteadyTime> ServiceChore::run(Chores::SteadyTime now) {
  const Time today = clock_();
  ServicePlan plan = planner_.plan(*worlds_.current(), today);
  complain(plan.problems);
  if (const Status written = write(plan.writes); !written.ok()) {
    log_warning("cannot update the services", {{"reason", reason(written)}});
    return now + kRetryAfter;
  }
  if (!plan.again_at) return std::nullopt;
  return now + std::max(std::chrono::duration_cast<Chores::SteadyTime::duration>(*plan.again_at - today),
                        Chores::SteadyTime::duration::zero());
}

Status ServiceChore::write(const std::vector<Write>& writes) {
  for (size_t first = 0; first < writes.size(); first += kBatch) {
    const size_t last = std::min(first + kBatch, writes.size());
    std::vector<Write> batch(writes.begin() + static_cast<ptrdiff_t>(first),
                             writes.begin() + static_cast<ptrdiff_t>(last));
    const Status written = store_.write(guarded(std::move(batch))).status();
    if (!written.ok() && !is_conflict(written) && !is_not_found(written)) return written;
  }
  return ok();
}

void ServiceChore::complain(const std::vector<std::string>& problems) {
  std::set<std::string> now(problems.begin(), problems.end());
  for (const std::string& problem : now) {
    if (!told_.contains(problem)) log_warning("services", {{"reason", problem}});
  }
  told_ = std::move(now);
}

}  // namespace weft::cp
