// What a resource's fields mean together, beyond what its schema says: one small file a kind. Policy kinds have theirs
// in policies/ and are asked there. Pure functions.
#pragma once

#include "control-plane/resource/kind.h"
#include "control-plane/resource/resource.h"
#include "policies/violations.h"

namespace weft::cp {

// Everything that is wrong; field paths start at "spec" for kinds of the spec shape and at the document for inline
// ones. The strict name rules of a kind belong to it.
void validate(const Resource& resource, Violations& violations);

// The kinds' own.
void validate_dataplane(const Resource& resource, Violations& violations);
void validate_hostname_generator(const Resource& resource, Violations& violations);
void validate_mesh_external_service(const Resource& resource, Violations& violations);
void validate_mesh_identity(const Resource& resource, Violations& violations);
void validate_mesh_multi_zone_service(const Resource& resource, Violations& violations);
void validate_mesh_open_telemetry_backend(const Resource& resource, Violations& violations);
void validate_mesh_service(const Resource& resource, Violations& violations);
void validate_mesh_trust(const Resource& resource, Violations& violations);
void validate_mesh_zone_address(const Resource& resource, Violations& violations);

}  // namespace weft::cp
