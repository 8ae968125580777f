#include "weft/v1/mesh_external_service.pb.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "control-plane/resource/validate/secret_source.h"
#include "control-plane/resource/validate/validate.h"
#include "control-plane/resource/validate/words.h"

namespace weft::cp {
namespace {

using Tls = v1::MeshExternalService::Tls;

// From the one that means "whatever is usual" to the newest.
constexpr std::array<std::string_view, 5> kVersions = {"TLSAuto", "TLS10", "TLS11", "TLS12", "TLS13"};

// The secrets are read by the control plane and travel to the egress: no file and no variable of one machine.
constexpr std::array<std::string_view, 2> kSourceTypes = {"Secret", "InsecureInline"};

void check_match(const v1::MeshExternalService::Match& match, Violations& violations) {
  if (!match.type().empty() && match.type() != "HostnameGenerator") {
    violations.add("spec.match.type",
                   cat("unrecognized type '", match.type(), "' - only 'HostnameGenerator' is supported"));
  }
  check_port("spec.match.port", match.port(), violations);
  if (!match.protocol().empty()) {
    check_word("spec.match.protocol", "protocol", match.protocol(), {"tcp", "grpc", "http", "http2"}, violations);
  }
}

void check_endpoint(const v1::MeshExternalService::Endpoint& endpoint, const std::string& field,
                    Violations& violations) {
  check_host(cat(field, ".address"), endpoint.address(), violations);
  check_port(cat(field, ".port"), endpoint.port(), violations);
  if (endpoint.has_priority() && (endpoint.priority() < 0 || endpoint.priority() > 128)) {
    violations.add(cat(field, ".priority"), "must be in inclusive range [0, 128]");
  }
}

void check_version(const Tls::Version& version, Violations& violations) {
  const auto check = [&](const char* key, const std::string& value) {
    check_word(cat("spec.tls.version.", key), key, value, {"TLSAuto", "TLS10", "TLS11", "TLS12", "TLS13"}, violations);
  };
  if (version.has_min()) check("min", version.min());
  if (version.has_max()) check("max", version.max());
  const auto rank = [](const std::string& word) {
    const auto found = std::find(kVersions.begin(), kVersions.end(), word);
    return found == kVersions.end() ? 0 : found - kVersions.begin();
  };
  const auto min = rank(version.min());
  const auto max = rank(version.max());
  if (min > 0 && max > 0 && min > max) violations.add("spec.tls.version.min", "min version must be lower than max");
}

void check_verification(const Tls::Verification& verification, Violations& violations) {
  const std::string field = "spec.tls.verification";
  if (verification.has_server_name() && !is_host_name(verification.server_name())) {
    violations.add(cat(field, ".serverName"), "must be a valid DNS name");
  }
  if (!verification.mode().empty()) {
    check_word(cat(field, ".mode"), "mode", verification.mode(), {"SkipSAN", "SkipCA", "SkipAll", "Secured"},
               violations);
  }
  for (int i = 0; i < verification.subject_alt_names_size(); ++i) {
    const std::string& type = verification.subject_alt_names(i).type();
    if (type.empty()) continue;
    check_word(cat(field, ".subjectAltNames[", i, "].type"), "type", type, {"Prefix", "Exact"}, violations);
  }
  if (verification.has_client_cert() && !verification.has_client_key()) {
    violations.add(cat(field, ".clientKey"), "must be defined when clientCert is defined");
  }
  if (verification.has_client_key() && !verification.has_client_cert()) {
    violations.add(cat(field, ".clientCert"), "must be defined when clientKey is defined");
  }
}

void check_sources(const Tls::Verification& verification, Violations& violations) {
  const std::string field = "spec.tls.verification";
  if (verification.has_ca_cert())
    check_secret_source(cat(field, ".caCert"), verification.ca_cert(), kSourceTypes, violations);
  if (verification.has_client_cert())
    check_secret_source(cat(field, ".clientCert"), verification.client_cert(), kSourceTypes, violations);
  if (verification.has_client_key())
    check_secret_source(cat(field, ".clientKey"), verification.client_key(), kSourceTypes, violations);
}

}  // namespace

void validate_mesh_external_service(const Resource& resource, Violations& violations) {
  const auto& service = *google::protobuf::DynamicCastToGenerated<const v1::MeshExternalService>(resource.spec.get());
  check_match(service.match(), violations);
  if (service.has_extension()) {
    // What the extension does with endpoints and TLS is its own affair; that secrets come from the mesh is not.
    if (service.extension().type().empty()) violations.add("spec.extension.type", reason_text::kMustNotBeEmpty);
  } else {
    for (int i = 0; i < service.endpoints_size(); ++i)
      check_endpoint(service.endpoints(i), cat("spec.endpoints[", i, "]"), violations);
    check_version(service.tls().version(), violations);
    check_verification(service.tls().verification(), violations);
  }
  check_sources(service.tls().verification(), violations);
}

}  // namespace weft::cp
