#include "policies/mesh_load_balancing_strategy/locality.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "policies/decimal.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft::mesh_load_balancing_strategy {
namespace {

using Conf = v1::MeshLoadBalancingStrategyConf;

// Of tags without weights: each ten times what all after it and the rest have together, 900, 90, 9 of three.
uint32_t default_weight(int index, int count) {
  uint32_t weight = 9;
  for (int i = index + 1; i < count && weight < 100'000'000; ++i) weight *= 10;
  return weight;
}

// Whole hundreds, as the contract has it: 70 % gives 100, so a zone hands over as soon as it has lost anybody.
uint32_t overprovisioning(const Conf::CrossZone& cross_zone) {
  double threshold = 50;
  if (cross_zone.failover_threshold().has_percentage()) {
    threshold = decimal(cross_zone.failover_threshold().percentage()).value_or(threshold);
  }
  return static_cast<uint32_t>(100 / std::clamp(threshold, 1.0, 100.0)) * 100;
}

}  // namespace

bool Nearness::Failover::selects(std::string_view zone) const {
  const bool named = std::find(zones.begin(), zones.end(), zone) != zones.end();
  switch (reach) {
    case Reach::kAny: return true;
    case Reach::kOnly: return named;
    case Reach::kAnyExcept: return !named;
    case Reach::kNone: break;
  }
  return false;
}

Nearness::Nearness(const Labels& proxy, std::string_view bytes) : zone_(label_value(proxy, label::kZone)) {
  Conf conf;
  // Confs come out of our own merge.
  if (bytes.empty() || !conf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const Conf::LocalityAwareness& awareness = conf.locality_awareness();
  by_rules_ = awareness.has_local_zone() || awareness.has_cross_zone();
  all_alike_ = awareness.disabled() && !by_rules_;
  if (!by_rules_) return;
  overprovisioning_percent_ = overprovisioning(awareness.cross_zone());
  const auto& tags = awareness.local_zone().affinity_tags();
  for (int i = 0; i < tags.size(); ++i) {
    const auto own = proxy.find(tags[i].key());
    if (own == proxy.end()) continue;
    affinities_.push_back(
        {tags[i].key(), own->second, tags[i].has_weight() ? tags[i].weight() : default_weight(i, tags.size())});
  }
  const auto& failovers = awareness.cross_zone().failover();
  for (int i = 0; i < failovers.size(); ++i) {
    const auto& from = failovers[i].from().zones();
    if (failovers[i].has_from() && std::find(from.begin(), from.end(), zone_) == from.end()) continue;
    const std::string& type = failovers[i].to().type();
    Failover failover;
    failover.priority = static_cast<uint32_t>(i) + 1;
    if (type == "Any") failover.reach = Reach::kAny;
    if (type == "Only") failover.reach = Reach::kOnly;
    if (type == "AnyExcept") failover.reach = Reach::kAnyExcept;
    failover.zones.assign(failovers[i].to().zones().begin(), failovers[i].to().zones().end());
    failovers_.push_back(std::move(failover));
  }
}

std::optional<Place> Nearness::place_of(const Labels& instance) const {
  if (all_alike_) return Place{};
  const std::string_view zone = label_value(instance, label::kZone);
  if (zone != zone_) {
    if (!by_rules_) return Place{.priority = 1, .order = 0, .name = "other zones", .weight = 1};
    const auto failover = std::find_if(failovers_.begin(), failovers_.end(), [&](const Failover& f) {  //
      return f.selects(zone);
    });
    if (failover == failovers_.end()) return std::nullopt;
    return Place{.priority = failover->priority, .order = 0, .name = cat("failover ", failover->priority), .weight = 1};
  }
  for (size_t i = 0; i < affinities_.size(); ++i) {
    const Affinity& affinity = affinities_[i];
    const auto label = instance.find(affinity.key);
    if (label == instance.end() || label->second != affinity.value) continue;
    return Place{.priority = 0,
                 .order = static_cast<uint32_t>(i),
                 .name = cat(affinity.key, "=", affinity.value),
                 .weight = affinity.weight};
  }
  return Place{.priority = 0, .order = static_cast<uint32_t>(affinities_.size()), .name = "local", .weight = 1};
}

std::string Nearness::key() const {
  std::string key = cat(zone_, '\n', by_rules_ ? 1 : 0, all_alike_ ? 1 : 0, ' ', overprovisioning_percent_, '\n');
  for (const Affinity& affinity : affinities_) {
    append(key, affinity.key, '=', affinity.value, ' ', affinity.weight, '\n');
  }
  for (const Failover& failover : failovers_) {
    append(key, failover.priority, ' ', static_cast<int>(failover.reach));
    for (const std::string& zone : failover.zones) append(key, ' ', zone);
    append(key, '\n');
  }
  return key;
}

}  // namespace weft::mesh_load_balancing_strategy
