#include "policies/mesh_metric/validate.h"

#include <re2/re2.h>

#include <string>

#include "base/text.h"
#include "policies/backend_ref.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_metric.pb.h"

namespace weft::mesh_metric {
namespace {

using Conf = v1::MeshMetricConf;
using Selectors = google::protobuf::RepeatedPtrField<Conf::Selector>;

constexpr std::string_view kNotPort = "port must be a valid (1-65535)";

bool is_port(uint32_t port) { return port >= 1 && port <= 65535; }

void validate_selectors(const Selectors& selectors, const std::string& field, Violations& violations) {
  for (int i = 0; i < selectors.size(); ++i) {
    if (selectors.Get(i).type() != "Regex") continue;
    if (!RE2(selectors.Get(i).match(), RE2::Quiet).ok()) {
      violations.add(cat(field, "[", i, "].match"), "invalid regex");
    }
  }
}

void validate_profiles(const Conf::Profiles& profiles, const std::string& field, Violations& violations) {
  for (int i = 0; i < profiles.append_profiles_size(); ++i) {
    const std::string& name = profiles.append_profiles(i).name();
    if (name == "All" || name == "Basic" || name == "None") continue;
    violations.add(cat(field, ".appendProfiles[", i, "].name"),
                   cat("unrecognized profile name '", name, "' - 'All', 'None', 'Basic' are supported"));
  }
  validate_selectors(profiles.exclude(), field + ".exclude", violations);
  validate_selectors(profiles.include(), field + ".include", violations);
}

void validate_backend(const Conf::Backend& backend, const std::string& field, Violations& violations) {
  if (backend.type() == "Prometheus") {
    if (!backend.has_prometheus()) return violations.add(field + ".prometheus", reason_text::kMustBeDefined);
    const Conf::Prometheus& prometheus = backend.prometheus();
    if (prometheus.has_port() && !is_port(prometheus.port())) violations.add(field + ".port", kNotPort);
  } else if (backend.type() == "OpenTelemetry") {
    const std::string at = field + ".openTelemetry";
    if (!backend.has_open_telemetry()) return violations.add(at, reason_text::kMustBeDefined);
    validate_telemetry_backend_ref(backend.open_telemetry().has_backend_ref(), backend.open_telemetry().backend_ref(),
                                   at + ".backendRef", violations);
  }
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshMetric&>(message);
  validate_targets(spec, violations);
  const Conf& conf = spec.default_();
  validate_profiles(conf.sidecar().profiles(), "spec.default.sidecar.profiles", violations);
  // The contract names the items of these lists as no document does.
  for (int i = 0; i < conf.applications_size(); ++i) {
    if (is_port(conf.applications(i).port())) continue;
    violations.add(cat("spec.default.applications.application[", i, "]"), kNotPort);
  }
  for (int i = 0; i < conf.backends_size(); ++i) {
    validate_backend(conf.backends(i), cat("spec.default.backends.backend[", i, "]"), violations);
  }
}

}  // namespace weft::mesh_metric
