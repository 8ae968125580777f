// Where a backendRef of a route leads: the service it names by its labels, and the port. Pure functions over what is
// visible; any thread.
#pragma once

#include <optional>
#include <string>

#include "policies/policy_resource.h"
#include "policies/to_rules.h"
#include "weft/v1/backend_ref.pb.h"

namespace weft {

struct ResolvedBackend {
  const TargetResource* resource = nullptr;  // never null
  std::string section;                       // how policies call the port
};

// `route` wrote the reference; a display name in it means one of the route's own namespace. `find` gives candidates
// oldest first; the oldest is taken. Nothing: there is no such service, or it is not clear which of its ports is meant.
std::optional<ResolvedBackend> resolve_backend(const v1::BackendRef& ref, const PolicyMeta& route, FindTargets find);

}  // namespace weft
