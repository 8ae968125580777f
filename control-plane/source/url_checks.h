// What the place a document was sent to says about it. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "control-plane/resource/kind.h"
#include "control-plane/resource/place.h"
#include "control-plane/resource/resource.h"
#include "policies/violations.h"

namespace weft::cp {

// Name, type and mesh of the body against those of the URL.
void check_against_url(const ResourceKey& body, const ResourceKey& url, const Kind& kind, Violations& violations);

// In the global control plane the name of what a zone sends stands behind the zone's.
void check_name_with_zone(std::string_view name, std::string_view zone, Violations& violations);

// What is wrong with a dataplane's workload label, which names a MeshService; empty when nothing is.
std::string workload_label_problem(const Kind& kind, const Labels& labels, const Place& place);

}  // namespace weft::cp
