#include "policies/mesh_trace/validate.h"

#include <string>

#include "base/text.h"
#include "policies/backend_ref.h"
#include "policies/decimal.h"
#include "policies/mesh_trace/collector_url.h"
#include "policies/target_ref.h"
#include "policies/written_lists.h"
#include "weft/v1/mesh_trace.pb.h"

namespace weft::mesh_trace {
namespace {

using Conf = v1::MeshTraceConf;

constexpr std::string_view kNotUrl = "must be a valid url";

void validate_zipkin(const Conf::Backend& backend, const std::string& field, Violations& violations) {
  if (!backend.has_zipkin()) return violations.add(field, reason_text::kMustBeDefined);
  const std::string& url = backend.zipkin().url();
  if (url.empty()) return violations.add(field + ".url", reason_text::kMustNotBeEmpty);
  const std::optional<CollectorUrl> parts = parse_collector_url(url);
  if (!parts || parts->is_opaque || parts->host.empty()) violations.add(field + ".url", kNotUrl);
}

// The agent is an address and nothing else.
void validate_datadog(const Conf::Backend& backend, const std::string& field, Violations& violations) {
  if (!backend.has_datadog()) return violations.add(field, reason_text::kMustBeDefined);
  const std::string at = field + ".url";
  const std::optional<CollectorUrl> url = parse_collector_url(backend.datadog().url());
  if (!url) return violations.add(at, kNotUrl);
  if (url->scheme != "http") violations.add(at, "scheme must be http");
  uint32_t port = 0;
  if (url->port.empty()) {
    violations.add(at, "port must be defined");
  } else if (!parse_number(url->port, port) || port < 1 || port > 65535) {
    violations.add(at, "port must be a valid (1-65535)");
  }
  const auto forbid = [&](bool present, std::string_view what) {
    if (present) violations.add(at, cat(what, " must not be defined"));
  };
  forbid(url->has_path, "path");
  forbid(url->has_query, "query");
  forbid(url->has_user, "user");
  forbid(url->has_fragment, "fragment");
  forbid(url->is_opaque, "opaque");
}

void validate_backend(const Conf::Backend& backend, const std::string& field, Violations& violations) {
  if (backend.type() == "Zipkin") validate_zipkin(backend, field + ".zipkin", violations);
  if (backend.type() == "Datadog") validate_datadog(backend, field + ".datadog", violations);
  if (backend.type() != "OpenTelemetry") return;
  const std::string at = field + ".openTelemetry";
  if (!backend.has_open_telemetry()) return violations.add(at, reason_text::kMustBeDefined);
  validate_telemetry_backend_ref(backend.open_telemetry().has_backend_ref(), backend.open_telemetry().backend_ref(),
                                 at + ".backendRef", violations);
}

void validate_share(bool present, const v1::IntOrString& share, const std::string& field, Violations& violations) {
  if (!present) return;
  const std::optional<double> percent = decimal(share);
  if (!percent) return violations.add(field, "string is not a number");
  if (*percent < 0 || *percent > 100) violations.add(field, "must be between 0 and 100");
}

void validate_tag(const Conf::Tag& tag, const std::string& field, Violations& violations) {
  if (tag.name().empty()) violations.add(field + ".name", reason_text::kMustNotBeEmpty);
  if (tag.has_literal() == tag.has_header()) {
    violations.add(field, "tag must have only one type defined: header, literal");
  }
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshTrace&>(message);
  validate_targets(spec, violations);
  const Conf& conf = spec.default_();
  if (conf.backends().empty() && !is_written_empty(conf, "backends")) {
    violations.add("spec.default.backends", reason_text::kMustBeDefined);
  }
  if (conf.backends_size() > 1) violations.add("spec.default.backends", "must have zero or one backend defined");
  for (int i = 0; i < conf.backends_size(); ++i) {
    validate_backend(conf.backends(i), cat("spec.default.backends[", i, "]"), violations);
  }
  const Conf::Sampling& sampling = conf.sampling();
  validate_share(sampling.has_client(), sampling.client(), "spec.default.sampling.client", violations);
  validate_share(sampling.has_random(), sampling.random(), "spec.default.sampling.random", violations);
  validate_share(sampling.has_overall(), sampling.overall(), "spec.default.sampling.overall", violations);
  for (int i = 0; i < conf.tags_size(); ++i) {
    validate_tag(conf.tags(i), cat("spec.default.tags[", i, "]"), violations);
  }
}

}  // namespace weft::mesh_trace
