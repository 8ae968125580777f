#include "policies/mesh_load_balancing_strategy/mesh_load_balancing_strategy.h"

#include "base/text.h"
#include "policies/mesh_load_balancing_strategy/balance_rule.h"
#include "policies/mesh_load_balancing_strategy/validate.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft {
namespace {

using mesh_load_balancing_strategy::prime_from;

void remark(const google::protobuf::Message& message, std::vector<std::string>& remarks) {
  const auto& spec = static_cast<const v1::MeshLoadBalancingStrategy&>(message);
  for (int i = 0; i < spec.to_size(); ++i) {
    const auto& balancer = spec.to(i).default_().load_balancer();
    const std::string field = cat("spec.to[", i, "].default.loadBalancer");
    const uint32_t size = balancer.maglev().table_size();
    if (balancer.maglev().has_table_size() && prime_from(size) != size) {
      remarks.push_back(cat(field, ".maglev.tableSize: ", size, " is no prime number, ", prime_from(size), " is used"));
    }
    const std::string& type = balancer.type();
    if (balancer.has_slow_start() && (type == "Random" || type == "RingHash" || type == "Maglev")) {
      remarks.push_back(cat(field, ".slowStart has no effect with ", type));
    }
    const auto& ring = balancer.ring_hash();
    if (ring.has_min_ring_size() && ring.has_max_ring_size() && ring.min_ring_size() > ring.max_ring_size()) {
      remarks.push_back(cat(field, ".ringHash.minRingSize is above maxRingSize, which holds"));
    }
    const auto& hashes = spec.to(i).default_().hash_policies();
    for (int k = 0; k < hashes.size(); ++k) {
      if (hashes[k].type() != "FilterState") continue;
      remarks.push_back(cat("spec.to[", i, "].default.hashPolicies[", k,
                            "] hashes nothing: nothing leaves objects beside a request here"));
    }
  }
}

}  // namespace

PolicyKind mesh_load_balancing_strategy_kind() {
  return {.name = "MeshLoadBalancingStrategy",
          .validate = mesh_load_balancing_strategy::validate,
          .remark = remark,
          .make = mesh_load_balancing_strategy::make,
          .remembers_nothing = true};
}

}  // namespace weft
