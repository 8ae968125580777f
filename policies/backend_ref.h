// Checks of references to services that traffic is sent to, for the kinds that send it somewhere. Pure functions, any
// thread.
#pragma once

#include <string>

#include "policies/violations.h"
#include "weft/v1/backend_ref.pb.h"

namespace weft {

void validate_backend_ref(const v1::BackendRef& ref, const std::string& field, Violations& violations);
// A reference to a MeshOpenTelemetryBackend: labels are what it is found by.
void validate_telemetry_backend_ref(bool present, const v1::TelemetryBackendRef& ref, const std::string& field,
                                    Violations& violations);

}  // namespace weft
