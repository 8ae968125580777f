// Workloads nobody has to write: one for each value of the label kuma.io/workload that a mesh's dataplanes carry. It
// touches only what it made itself. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/mesh_census.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// Adds to `writes` what makes the Workloads of `mesh` fit: creates those that are missing, removes those that are
// unused.
void plan_workloads(const World& world, const std::string& mesh,
                    const std::map<std::string, std::vector<InstancePtr>>& workloads, const std::string& zone,
                    std::vector<Write>& writes);

}  // namespace weft::cp
