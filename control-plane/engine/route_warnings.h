// Routes for connections where routes for requests decide: on a port that speaks HTTP a MeshTCPRoute counts only as
// long as no MeshHTTPRoute is about it. Pure functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "control-plane/store/world.h"
#include "policies/policy_resource.h"

namespace weft::cp {

// A sentence for each item of a MeshTCPRoute that loses to a MeshHTTPRoute for all of its proxies; nothing of other
// kinds.
void add_route_warnings(const World& world, const PolicyResource& policy, std::vector<std::string>& out);

}  // namespace weft::cp
