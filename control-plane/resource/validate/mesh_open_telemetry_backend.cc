#include "weft/v1/mesh_open_telemetry_backend.pb.h"

#include "control-plane/resource/validate/validate.h"
#include "control-plane/resource/validate/words.h"

namespace weft::cp {
namespace {

using Backend = v1::MeshOpenTelemetryBackend;

void check_path(const Backend& backend, Violations& violations) {
  const std::string field = "spec.endpoint.path";
  const std::string& path = backend.endpoint().path();
  if (backend.protocol() == "grpc" || !backend.has_protocol())
    return violations.add(field, "must not be set when protocol is grpc");
  if (!path.starts_with('/')) violations.add(field, "must start with /");
  if (path.find_first_of("?#") != std::string::npos) violations.add(field, "must not contain ? or #");
}

}  // namespace

void validate_mesh_open_telemetry_backend(const Resource& resource, Violations& violations) {
  const auto& backend = *google::protobuf::DynamicCastToGenerated<const Backend>(resource.spec.get());
  const Backend::Endpoint& endpoint = backend.endpoint();
  if (endpoint.has_address() && endpoint.address().empty()) {
    violations.add("spec.endpoint.address", reason_text::kMustNotBeEmpty);
  } else if (endpoint.has_address()) {
    check_host("spec.endpoint.address", endpoint.address(), violations);
  }
  if (endpoint.has_port()) check_port("spec.endpoint.port", endpoint.port(), violations);
  if (backend.has_protocol()) check_word("spec.protocol", "protocol", backend.protocol(), {"grpc", "http"}, violations);
  if (endpoint.has_path() && !endpoint.path().empty()) check_path(backend, violations);
  if (backend.env().has_mode())
    check_word("spec.env.mode", "mode", backend.env().mode(), {"Disabled", "Optional", "Required"}, violations);
  if (backend.env().has_precedence()) {
    check_word("spec.env.precedence", "precedence", backend.env().precedence(), {"ExplicitFirst", "EnvFirst"},
               violations);
  }
}

}  // namespace weft::cp
