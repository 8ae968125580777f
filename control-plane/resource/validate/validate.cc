#include "control-plane/resource/validate/validate.h"

#include <array>

#include "control-plane/resource/names.h"
#include "policies/policy.h"

namespace weft::cp {
namespace {

struct Validator {
  std::string_view type;
  void (*validate)(const Resource& resource, Violations& violations);
};

// A kind that is not here and is no policy has no rules beyond its schema: Mesh and Zone (their names alone), Workload
// (nothing to say), Secret and GlobalSecret (any bytes, none included), insights (the server's own).
constexpr std::array kValidators = {
    Validator{"Dataplane", validate_dataplane},
    Validator{"HostnameGenerator", validate_hostname_generator},
    Validator{"MeshExternalService", validate_mesh_external_service},
    Validator{"MeshIdentity", validate_mesh_identity},
    Validator{"MeshMultiZoneService", validate_mesh_multi_zone_service},
    Validator{"MeshOpenTelemetryBackend", validate_mesh_open_telemetry_backend},
    Validator{"MeshService", validate_mesh_service},
    Validator{"MeshTrust", validate_mesh_trust},
    Validator{"MeshZoneAddress", validate_mesh_zone_address},
};

}  // namespace

void validate(const Resource& resource, Violations& violations) {
  const Kind* kind = find_kind(resource.key.type);
  if (kind == nullptr) return;
  check_strict_name(*kind, resource.display_name(), violations);
  if (const PolicyKind* policy = find_policy_kind(resource.key.type);
      policy != nullptr && policy->validate != nullptr) {
    policy->validate(*resource.spec, violations);
  }
  for (const Validator& validator : kValidators) {
    if (validator.type == resource.key.type) validator.validate(resource, violations);
  }
}

}  // namespace weft::cp
