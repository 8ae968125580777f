#include "proxy/upstream/balancer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/key_hash.h"

namespace weft::proxy {
namespace {

using Algorithm = BalanceRule::Algorithm;

// What was not used during so many snapshots is forgotten.
constexpr uint64_t kRememberedSnapshots = 32;
constexpr BalanceRule kDefaultRule;

const BalanceRule& rule_of(const PickContext& context) {
  return context.rule != nullptr ? *context.rule : kDefaultRule;
}

double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

size_t priorities_of(const EndpointSet& set) {
  return set.localities.empty() ? 1 : set.localities.back().priority + size_t{1};
}

Locality everybody(const EndpointSet& set) {
  return {.name = {}, .priority = 0, .weight = 1, .begin = 0, .end = static_cast<uint32_t>(set.endpoints.size())};
}

}  // namespace

const Backend* pick_backend(const Route& route, Random& random) {
  if (route.backends.size() == 1) return route.backends.data();
  uint64_t total = 0;
  for (const Backend& backend : route.backends) total += backend.weight;
  uint64_t point = random.below(total);
  for (const Backend& backend : route.backends) {
    if (point < backend.weight) return &backend;
    point -= backend.weight;
  }
  return nullptr;
}

PickContext pick_context(const Backend& backend, const Plan& plan, const Tried& tried, TimePoint now) {
  return {.rule = plan.balance,
          .tables = backend.tables.get(),
          .outliers = backend.outliers.get(),
          .hash = plan.balance_hash,
          .tried = tried,
          .now = now,
          .panic_threshold = plan.panic_threshold,
          .fails_on_panic = plan.fails_on_panic};
}

void Balancer::snapshot_changed() {
  if (++snapshots_ % kRememberedSnapshots != 0) return;
  absl::erase_if(states_, [&](const auto& entry) {  //
    return entry.second.last_used + kRememberedSnapshots < snapshots_;
  });
}

Balancer::SetState& Balancer::state_of(const EndpointSet& set, const PickContext& context) {
  auto [place, added] = states_.try_emplace(set.number);
  SetState& state = place->second;
  if (added) meet(set, context.now);
  state.last_used = snapshots_;
  if (context.outliers != nullptr) context.outliers->let_pass(context.now);
  const bool fresh = state.health_version == health_.version() &&
                     state.outliers_version == (context.outliers != nullptr ? context.outliers->version() : 0) &&
                     state.panic_threshold == context.panic_threshold;
  if (!fresh) refresh(set, state, context);
  return state;
}

bool Balancer::usable(const EndpointSet& set, size_t index, const PickContext& context) const {
  return !health_.at(set.endpoints[index].slot).failing &&
         (context.outliers == nullptr || !context.outliers->is_out(index));
}

// Who comes to a set that is in use comes now; a set of which nobody was known is not slow to start.
void Balancer::meet(const EndpointSet& set, TimePoint now) {
  const bool in_use = std::any_of(set.endpoints.begin(), set.endpoints.end(),
                                  [&](const Endpoint& endpoint) { return health_.at(endpoint.slot).known; });
  for (const Endpoint& endpoint : set.endpoints) {
    if (!health_.at(endpoint.slot).known) health_.set_known(endpoint.slot, in_use ? now : TimePoint{});
  }
}

// Works out from the health of the instances who may be picked.
void Balancer::refresh(const EndpointSet& set, SetState& state, const PickContext& context) {
  state.health_version = health_.version();
  state.outliers_version = context.outliers != nullptr ? context.outliers->version() : 0;
  state.panic_threshold = context.panic_threshold;
  std::vector<Locality> whole;
  if (set.localities.empty()) whole.push_back(everybody(set));
  const std::vector<Locality>& localities = set.localities.empty() ? whole : set.localities;

  std::vector<PriorityHealth> health(priorities_of(set));
  for (const Locality& locality : localities) {
    PriorityHealth& level = health[locality.priority];
    level.all += locality.end - locality.begin;
    for (uint32_t i = locality.begin; i < locality.end; ++i) {
      if (usable(set, i, context)) ++level.usable;
    }
  }
  share_out(health, set.overprovisioning_percent, state.shares);

  state.levels.resize(health.size());
  for (size_t i = 0; i < health.size(); ++i) {
    state.levels[i].first_group = state.levels[i].end_group = 0;
    state.levels[i].turns.clear();
    state.levels[i].panicking = state.shares.starved && state.shares.levels[i].usable_percent < context.panic_threshold;
  }
  state.groups.resize(localities.size());
  for (size_t i = 0; i < localities.size(); ++i) {
    Level& level = state.levels[localities[i].priority];
    if (level.end_group == 0) level.first_group = i;
    level.end_group = i + 1;
    fill_group(set, localities[i], level.panicking, context, state.groups[i]);
  }
}

void Balancer::fill_group(const EndpointSet& set, const Locality& locality, bool panicking, const PickContext& context,
                          Group& group) const {
  const size_t all = locality.end - locality.begin;
  group.members.clear();
  group.turns.clear();
  group.equal = true;
  group.youngest_since = TimePoint{};
  for (uint32_t i = locality.begin; i < locality.end; ++i) {
    if (!panicking && !usable(set, i, context)) continue;
    group.members.push_back(i);
    group.equal = group.equal && set.endpoints[i].weight == set.endpoints[group.members[0]].weight;
    group.youngest_since = std::max(group.youngest_since, health_.at(set.endpoints[i].slot).since);
  }
  const double healthy = all == 0 ? 0 : static_cast<double>(group.members.size()) / static_cast<double>(all);
  group.weight = locality.weight * std::min(1.0, healthy * set.overprovisioning_percent / 100.0);
}

size_t Balancer::level_for(const SetState& state, const PickContext& context) {
  if (state.levels.size() == 1 || state.shares.levels[0].percent >= 100) return 0;
  // With bits of their own: what a hash belongs to in a priority must not depend on which priorities it goes to.
  const uint64_t point = context.hash ? mix64(*context.hash) % 100 : random_.below(100);
  return priority_at(state.shares, static_cast<uint32_t>(point));
}

Balancer::Group& Balancer::group_in(SetState& state, Level& level) {
  if (level.end_group - level.first_group == 1) return state.groups[level.first_group];
  const auto weight = [&](uint32_t group) { return state.groups[group].weight; };
  if (level.turns.empty()) {
    std::vector<uint32_t> groups;
    for (size_t i = level.first_group; i < level.end_group; ++i) {
      if (!state.groups[i].members.empty()) groups.push_back(static_cast<uint32_t>(i));
    }
    level.turns.start(groups, random_, weight);
    if (level.turns.empty()) return state.groups[level.first_group];
  }
  return state.groups[level.turns.take(weight)];
}

// Several are drawn, the one with fewest requests under way is taken.
uint32_t Balancer::least_busy(const EndpointSet& set, const Group& group, uint32_t choices) {
  const size_t count = group.members.size();
  const auto busy = [&](size_t at) { return health_.at(set.endpoints[group.members[at]].slot).in_flight; };
  size_t best = random_.below(count);
  if (choices == 2 && count > 1) {
    size_t other = random_.below(count - 1);
    if (other >= best) ++other;
    return group.members[busy(other) < busy(best) ? other : best];
  }
  const bool all = choices >= count;
  size_t at = best;
  for (size_t drawn = 1; drawn < (all ? count : choices); ++drawn) {
    if (all) at = at + 1 < count ? at + 1 : 0;
    if (!all) at = random_.below(count);
    if (busy(at) < busy(best)) best = at;
  }
  return group.members[best];
}

// The next of `group` by the rule; its members are not empty.
uint32_t Balancer::turn(const EndpointSet& set, Group& group, const PickContext& context) {
  const BalanceRule& rule = rule_of(context);
  if (rule.hashes() || rule.algorithm == Algorithm::kRandom) return group.members[random_.below(group.members.size())];
  const bool warming = rule.slow_start_window.count() > 0 && group.youngest_since != TimePoint{} &&
                       context.now < group.youngest_since + rule.slow_start_window;
  const bool by_load = rule.algorithm == Algorithm::kLeastRequest;
  if (group.equal && !warming) {
    group.turns.clear();
    if (by_load) return least_busy(set, group, rule.choice_count);
    // Many proxies start at once; they should not all start with the first endpoint.
    if (group.next == 0) group.next = 1 + random_.below(group.members.size());
    const size_t at = group.next % group.members.size();
    group.next = at + 1;
    return group.members[at];
  }
  const auto weight = [&](uint32_t member) {
    const Endpoint& endpoint = set.endpoints[member];
    const EndpointHealth& health = health_.at(endpoint.slot);
    double share = endpoint.weight;
    if (warming && health.since != TimePoint{}) {
      share *= slow_start_share(seconds(context.now - health.since), seconds(rule.slow_start_window),
                                rule.slow_start_aggression, rule.slow_start_min_share);
    }
    if (by_load && rule.active_request_bias > 0) {
      share /= rule.active_request_bias == 1 ? health.in_flight + 1.0
                                             : std::pow(health.in_flight + 1.0, rule.active_request_bias);
    }
    return share;
  };
  if (group.turns.empty()) group.turns.start(group.members, random_, weight);
  return group.turns.empty() ? group.members[0] : group.turns.take(weight);
}

const Endpoint* Balancer::by_hash(const EndpointSet& set, const SetState& state, size_t level,
                                  const PickContext& context) const {
  const bool anybody = state.levels[level].panicking;
  const size_t index = context.tables->find(level, *context.hash, [&](size_t i) {
    const Endpoint& endpoint = set.endpoints[i];
    return (anybody || usable(set, i, context)) && !passed_over(endpoint, context);
  });
  return index == HashTables::kNobody ? nullptr : &set.endpoints[index];
}

const Endpoint* Balancer::in_group(const EndpointSet& set, Group& group, const PickContext& context) {
  const bool anybody = context.tried.empty() && !health_.anybody_shunned(context.now);
  const size_t turns = anybody ? 1 : std::min(group.members.size(), Tried::kRemembered + 1);
  for (size_t i = 0; i < turns; ++i) {
    const Endpoint& endpoint = set.endpoints[turn(set, group, context)];
    if (!passed_over(endpoint, context)) return &endpoint;
  }
  return nullptr;
}

// Anybody who may be picked and was not tried, near ones first; those who could not be reached last.
const Endpoint* Balancer::untried(const EndpointSet& set, const SetState& state, const PickContext& context) {
  const Endpoint* shunned = nullptr;
  for (const Group& group : state.groups) {
    const size_t count = group.members.size();
    const size_t first = random_.below(count);
    for (size_t i = 0; i < count; ++i) {
      const Endpoint& endpoint = set.endpoints[group.members[(first + i) % count]];
      if (context.tried.contains(endpoint)) continue;
      if (!health_.shunned(endpoint.slot, context.now)) return &endpoint;
      if (shunned == nullptr) shunned = &endpoint;
    }
  }
  return shunned;
}

bool Balancer::passed_over(const Endpoint& endpoint, const PickContext& context) const {
  return context.tried.contains(endpoint) || health_.shunned(endpoint.slot, context.now);
}

const Endpoint* Balancer::pick(const EndpointSet& set, const PickContext& context) {
  if (set.endpoints.empty()) return nullptr;
  if (set.endpoints.size() == 1) {
    const EndpointHealth& lone = health_.at(set.endpoints[0].slot);
    if (lone.known && !lone.failing && context.outliers == nullptr) return set.endpoints.data();
  }
  SetState& state = state_of(set, context);
  const size_t at = level_for(state, context);
  Level& level = state.levels[at];
  if (level.panicking && context.fails_on_panic) return nullptr;
  Group& group = group_in(state, level);
  if (group.members.empty()) return nullptr;
  const bool hashed = context.hash && context.tables != nullptr;
  const Endpoint* endpoint = hashed ? by_hash(set, state, at, context) : in_group(set, group, context);
  if (endpoint == nullptr) endpoint = untried(set, state, context);
  if (endpoint == nullptr) endpoint = &set.endpoints[turn(set, group, context)];
  health_.taken(endpoint->slot, context.now);
  return endpoint;
}

}  // namespace weft::proxy
