#include "policies/mesh_load_balancing_strategy/mesh_load_balancing_strategy.h"

#include "policies/mesh_load_balancing_strategy/validate.h"

namespace weft {

PolicyKind mesh_load_balancing_strategy_kind() {
  return {.name = "MeshLoadBalancingStrategy", .validate = mesh_load_balancing_strategy::validate};
}

}  // namespace weft
