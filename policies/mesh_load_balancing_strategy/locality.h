// How near the instances of a destination are to one proxy: what of a MeshLoadBalancingStrategy depends on who asks.
// The control plane groups instances by it, so a proxy is told groups and no rules. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/policy_resource.h"

namespace weft::mesh_load_balancing_strategy {

// One group of instances; smaller is nearer.
struct Place {
  uint32_t priority = 0;
  uint32_t order = 0;  // among those of a priority
  std::string name;
  uint32_t weight = 1;
  auto operator<=>(const Place&) const = default;
};

class Nearness {
 public:
  // `proxy`: the labels of its Dataplane. `conf`: a serialised v1::MeshLoadBalancingStrategyConf; empty: no policy.
  Nearness(const Labels& proxy, std::string_view conf);

  // Where an instance with these labels belongs; nothing: the proxy does not use it.
  std::optional<Place> place_of(const Labels& instance) const;
  // 0: what holds without a policy.
  uint32_t overprovisioning_percent() const { return overprovisioning_percent_; }
  // Equal where all of the above is equal.
  std::string key() const;

 private:
  struct Affinity {
    std::string key;
    std::string value;  // the proxy's own
    uint32_t weight = 1;
  };
  enum class Reach : uint8_t { kNone, kOnly, kAny, kAnyExcept };
  struct Failover {
    uint32_t priority = 0;
    Reach reach = Reach::kNone;
    std::vector<std::string> zones;
    bool selects(std::string_view zone) const;
  };

  std::string zone_;
  bool by_rules_ = false;  // other zones are used as `failovers_` say; otherwise all, after the own one
  bool all_alike_ = false;
  std::vector<Affinity> affinities_;
  std::vector<Failover> failovers_;
  uint32_t overprovisioning_percent_ = 0;
};

}  // namespace weft::mesh_load_balancing_strategy
