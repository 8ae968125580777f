// Policies that send telemetry name a collector by its labels. Whether there is one, and whether anybody names a
// collector, is said in the conditions of both. Pure functions of the World.
#pragma once

#include <vector>

#include "control-plane/store/world.h"
#include "weft/v1/service_status.pb.h"

namespace weft::cp {

// Of a MeshOpenTelemetryBackend: ReferencedByPolicies. Of a policy that names collectors: ResolvedRefs. Of anything
// else, and of a policy that names none: nothing.
std::vector<v1::Condition> telemetry_conditions(const World& world, const Resource& resource);

}  // namespace weft::cp
