#include "proxy/upstream/priority_shares.h"

#include <algorithm>
#include <cmath>

namespace weft::proxy {
namespace {

// What rounding left over goes to the first that gets anything.
void give_rest(PriorityShares& shares) {
  uint32_t given = 0;
  for (const PriorityShare& level : shares.levels) given += level.percent;
  for (PriorityShare& level : shares.levels) {
    if (level.percent == 0) continue;
    level.percent += 100 - given;
    return;
  }
}

}  // namespace

void share_out(std::span<const PriorityHealth> health, uint32_t overprovisioning_percent, PriorityShares& out) {
  out.levels.assign(health.size(), {});
  std::vector<uint32_t> can_take(health.size());
  uint32_t together = 0;
  uint64_t endpoints = 0;
  for (size_t i = 0; i < health.size(); ++i) {
    const auto [usable, all] = health[i];
    if (all == 0) continue;
    out.levels[i].usable_percent = 100.0 * usable / all;
    can_take[i] = static_cast<uint32_t>(std::min<uint64_t>(100, uint64_t{usable} * overprovisioning_percent / all));
    together += can_take[i];
    endpoints += all;
  }
  out.starved = together < 100;
  uint32_t left = 100;
  for (size_t i = 0; i < health.size(); ++i) {
    PriorityShare& level = out.levels[i];
    if (!out.starved) {
      level.percent = std::min(left, can_take[i]);
      left -= level.percent;
    } else if (together > 0) {
      level.percent = can_take[i] * 100 / together;
    } else if (endpoints > 0) {
      level.percent = static_cast<uint32_t>(uint64_t{health[i].all} * 100 / endpoints);
    }
  }
  if (out.starved) give_rest(out);
}

size_t priority_at(const PriorityShares& shares, uint32_t point) {
  for (size_t i = 0; i < shares.levels.size(); ++i) {
    if (point < shares.levels[i].percent) return i;
    point -= shares.levels[i].percent;
  }
  return 0;
}

double slow_start_share(double age, double window, double aggression, double least) {
  if (window <= 0 || age >= window) return 1.0;
  return std::max(least, std::pow(std::max(age, 0.0) / window, 1.0 / aggression));
}

}  // namespace weft::proxy
