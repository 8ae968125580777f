#include "policies/mesh_retry/validate.h"

#include <string>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/mesh_retry/retry_on.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_retry.pb.h"

namespace weft::mesh_retry {
namespace {

using Conf = v1::MeshRetryConf;

void validate_tcp(const Conf::Tcp& tcp, const std::string& field, Violations& violations) {
  if (!tcp.has_max_connect_attempt()) return violations.add(field, reason_text::kMustNotBeEmpty);
  if (tcp.max_connect_attempt() == 0) violations.add(field + ".maxConnectAttempt", reason_text::kGreaterThanZero);
}

void validate_back_off(const Conf::BackOff& back_off, const std::string& field, Violations& violations) {
  if (!back_off.has_base_interval() && !back_off.has_max_interval())
    violations.add(field, reason_text::kMustNotBeEmpty);
}

void validate_rate_limited(const Conf::RateLimitedBackOff& back_off, const std::string& field, Violations& violations) {
  for (int i = 0; i < back_off.reset_headers_size(); ++i) {
    if (!back_off.reset_headers(i).name().empty()) continue;
    violations.add(cat(field, ".resetHeaders[", i, "].name"), reason_text::kMustBeDefined);
  }
  if (back_off.has_max_interval() && nanoseconds(back_off.max_interval()).count() <= 0) {
    violations.add(field + ".maxInterval", reason_text::kDefinedAndGreaterThanZero);
  }
}

// What http and grpc have in common.
template <typename Block>
void validate_block(const Block& block, const std::string& field, bool empty, bool (*is_word)(std::string_view),
                    Violations& violations) {
  if (empty) violations.add(field, reason_text::kMustNotBeEmpty);
  if (block.has_back_off()) validate_back_off(block.back_off(), field + ".backOff", violations);
  if (block.has_rate_limited_back_off()) {
    validate_rate_limited(block.rate_limited_back_off(), field + ".rateLimitedBackOff", violations);
  }
  for (int i = 0; i < block.retry_on_size(); ++i) {
    if (is_word(block.retry_on(i))) continue;
    violations.add(cat(field, ".retryOn[", i, "]"), cat("unknown item '", block.retry_on(i), "'"));
  }
}

void validate_host_selection(const Conf::Http& http, const std::string& field, Violations& violations) {
  bool priorities_seen = false;
  for (int i = 0; i < http.host_selection_size(); ++i) {
    const Conf::HostSelection& selection = http.host_selection(i);
    const std::string at = cat(field, ".hostSelection[", i, "]");
    if (selection.predicate() == "OmitHostsWithTags") {
      if (selection.tags().empty()) violations.add(at + ".tags", reason_text::kMustBeDefined);
    } else if (selection.predicate() == "OmitPreviousPriorities") {
      if (priorities_seen) violations.add(at + ".predicate", "OmitPreviousPriorities must only be specified once");
      priorities_seen = true;
      if (selection.has_update_frequency() && selection.update_frequency() <= 0) {
        violations.add(at + ".updateFrequency", reason_text::kGreaterThanZero);
      }
    } else if (selection.predicate() != "OmitPreviousHosts") {
      violations.add(at + ".predicate", cat("unknown predicate type '", selection.predicate(), "'"));
    }
  }
}

bool says_nothing(const Conf::Grpc& grpc) { return grpc.ByteSizeLong() == 0; }

// How often to pick an endpoint is no wish to retry.
bool says_nothing(const Conf::Http& http) {
  Conf::Http rest = http;
  rest.clear_host_selection_max_attempts();
  return rest.ByteSizeLong() == 0;
}

void validate_conf(const Conf& conf, const std::string& field, Violations& violations) {
  if (!conf.has_tcp() && !conf.has_http() && !conf.has_grpc()) {
    return violations.add(field, "at least one of the 'tcp', 'http', 'grpc' must be specified");
  }
  if (conf.has_tcp()) validate_tcp(conf.tcp(), field + ".tcp", violations);
  if (conf.has_http()) {
    validate_block(conf.http(), field + ".http", says_nothing(conf.http()), is_http_word, violations);
    validate_host_selection(conf.http(), field + ".http", violations);
  }
  if (conf.has_grpc())
    validate_block(conf.grpc(), field + ".grpc", says_nothing(conf.grpc()), is_grpc_word, violations);
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshRetry&>(message);
  validate_targets(spec, violations);
  for (int i = 0; i < spec.to_size(); ++i) {
    // The contract reports these under a "conf" that no document has.
    validate_conf(spec.to(i).default_(), cat("spec.to[", i, "].default.conf"), violations);
  }
}

}  // namespace weft::mesh_retry
