// What of a MeshLoadBalancingStrategy a proxy acts on: how an instance is chosen, and what a request is told apart by.
// Pure, any thread.
#pragma once

#include <memory>
#include <string_view>

#include "base/status.h"
#include "policies/policy.h"

namespace weft::mesh_load_balancing_strategy {

// `conf`: a serialised v1::MeshLoadBalancingStrategyConf.
Result<std::unique_ptr<const Policy>> make(std::string_view conf, bool inbound);

// The least prime number that is not below `number`.
uint32_t prime_from(uint32_t number);

}  // namespace weft::mesh_load_balancing_strategy
