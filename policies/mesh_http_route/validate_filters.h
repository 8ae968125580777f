// Semantic checks of what a MeshHTTPRoute changes in requests and answers. Pure, any thread.
#pragma once

#include <string>

#include "policies/violations.h"
#include "weft/v1/mesh_http_route.pb.h"

namespace weft::mesh_http_route {

// `prefixes_only`: every match of the rule is a path prefix.
void validate_filter(const v1::HttpRouteFilter& filter, bool prefixes_only, const std::string& field,
                     Violations& violations);

}  // namespace weft::mesh_http_route
