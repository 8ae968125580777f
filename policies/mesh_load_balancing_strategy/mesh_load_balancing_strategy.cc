#include "policies/mesh_load_balancing_strategy/mesh_load_balancing_strategy.h"

#include "base/text.h"
#include "policies/mesh_load_balancing_strategy/validate.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft {
namespace {

bool is_prime(uint32_t number) {
  for (uint64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return number > 1;
}

void remark(const google::protobuf::Message& message, std::vector<std::string>& remarks) {
  const auto& spec = static_cast<const v1::MeshLoadBalancingStrategy&>(message);
  for (int i = 0; i < spec.to_size(); ++i) {
    const auto& balancer = spec.to(i).default_().load_balancer();
    const std::string field = cat("spec.to[", i, "].default.loadBalancer");
    if (balancer.maglev().has_table_size() && !is_prime(balancer.maglev().table_size())) {
      remarks.push_back(cat(field, ".maglev.tableSize: ", balancer.maglev().table_size(), " is no prime number"));
    }
    const auto& ring = balancer.ring_hash();
    if (ring.has_min_ring_size() && ring.has_max_ring_size() && ring.min_ring_size() > ring.max_ring_size()) {
      remarks.push_back(cat(field, ".ringHash.minRingSize is above maxRingSize"));
    }
  }
}

}  // namespace

PolicyKind mesh_load_balancing_strategy_kind() {
  return {.name = "MeshLoadBalancingStrategy", .validate = mesh_load_balancing_strategy::validate, .remark = remark};
}

}  // namespace weft
