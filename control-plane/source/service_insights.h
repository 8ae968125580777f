// ServiceInsights as the API shows them: one document a service, out of the stored ones that hold a mesh's services by
// name. This control plane makes none; it shows those it was given. Pure functions.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/document/json_writer.h"
#include "base/status.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// Which types of service are asked for; empty: all.
using ServiceTypes = std::set<std::string, std::less<>>;
// From "internal,external". Error: a word that is no type.
Result<ServiceTypes> service_types(std::string_view words);

// By name. Each holds the service's message, with its sums and its address filled in.
std::vector<ResourcePtr> service_insights(const World& world, const std::string& mesh, const ServiceTypes& types);
void write_service_insight(JsonWriter& out, const Resource& service);

}  // namespace weft::cp
