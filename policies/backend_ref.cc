#include "policies/backend_ref.h"

#include "base/text.h"

namespace weft {

void validate_backend_ref(const v1::BackendRef& ref, const std::string& field, Violations& violations) {
  const std::string& kind = ref.kind();
  if (kind.empty()) return violations.add(field + ".kind", reason_text::kMustBeDefined);
  const bool is_external = kind == "MeshExternalService";
  const bool is_multi_zone = kind == "MeshMultiZoneService";
  if (kind != "MeshService" && !is_external && !is_multi_zone) {
    return violations.add(field + ".kind", cat("value '", kind, "' is not supported"));
  }
  if (is_external && !ref.section_name().empty()) {
    violations.add(field + ".sectionName", cat("must not be set with kind ", kind));
  }
  if (ref.labels().empty()) violations.add(field + ".labels", cat("must be set when kind is ", kind));
  if (is_multi_zone && !ref.has_port()) {
    violations.add(field + ".port", "must be defined with kind MeshMultiZoneService");
  }
}

void validate_telemetry_backend_ref(bool present, const v1::TelemetryBackendRef& ref, const std::string& field,
                                    Violations& violations) {
  if (!present) return violations.add(field, reason_text::kMustBeDefined);
  if (ref.labels().empty()) violations.add(field, "must have labels: they are what the backend is found by");
}

}  // namespace weft
