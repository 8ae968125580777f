#include "policies/mesh_access_log/validate.h"

#include <re2/re2.h>

#include <string>

#include "base/document/document.h"
#include "base/text.h"
#include "policies/backend_ref.h"
#include "policies/target_ref.h"
#include "policies/written_lists.h"
#include "weft/v1/mesh_access_log.pb.h"

namespace weft::mesh_access_log {
namespace {

using Conf = v1::MeshAccessLogConf;

// host:port; the host a name, an IPv4 address or an IPv6 address in brackets.
bool is_address(const std::string& text) {
  static const RE2 kAddress(R"(([A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5}))");
  std::string port_text;
  if (!RE2::FullMatch(text, kAddress, nullptr, nullptr, &port_text)) return false;
  uint32_t port = 0;
  return parse_number(port_text, port) && port > 0 && port <= 65535;
}

// Absolute, on a Unix or a Windows machine.
bool is_absolute_path(const std::string& text) {
  static const RE2 kUnix(R"(/[^\x00]*)");
  static const RE2 kWindows(R"([A-Za-z]:[\\/][^\x00]*)");
  return RE2::FullMatch(text, kUnix) || RE2::FullMatch(text, kWindows);
}

// A key and its value are written between double quotes as they are.
bool makes_json(const Conf::JsonValue& item) {
  const Result<Node> object = parse_json(cat(R"({")", item.key(), R"(": ")", item.value(), R"("})"));
  return object.ok() && object->is_object();
}

void validate_json(const Conf::Format& format, const std::string& field, Violations& violations) {
  if (format.json().empty()) {
    const bool written = is_written_empty(format, "json");
    return violations.add(field, written ? reason_text::kMustNotBeEmpty : reason_text::kMustBeDefined);
  }
  for (int i = 0; i < format.json_size(); ++i) {
    const Conf::JsonValue& item = format.json(i);
    const std::string at = cat(field, "[", i, "]");
    if (item.key().empty()) violations.add(at + ".key", "key cannot be empty");
    if (item.value().empty()) violations.add(at + ".value", "value cannot be empty");
    if (!makes_json(item)) violations.add(at, "is not a valid JSON object");
  }
}

void validate_format(const Conf::Format& format, const std::string& field, Violations& violations) {
  if (format.type() == "Json") return validate_json(format, field + ".json", violations);
  if (format.type() != "Plain") return;
  if (!format.has_plain()) return violations.add(field + ".plain", reason_text::kMustBeDefined);
  if (format.plain().empty()) violations.add(field + ".plain", reason_text::kMustNotBeEmpty);
}

void validate_tcp(const Conf::Backend& backend, const std::string& field, Violations& violations) {
  if (!backend.has_tcp()) return violations.add(field, reason_text::kMustBeDefined);
  if (backend.tcp().has_format()) validate_format(backend.tcp().format(), field + ".format", violations);
  if (!is_address(backend.tcp().address())) {
    violations.add(field + ".address", "tcp backend requires valid address");
  }
}

void validate_file(const Conf::Backend& backend, const std::string& field, Violations& violations) {
  if (!backend.has_file()) return violations.add(field, reason_text::kMustBeDefined);
  if (backend.file().has_format()) validate_format(backend.file().format(), field + ".format", violations);
  if (!is_absolute_path(backend.file().path())) {
    violations.add(field + ".path", "file backend requires a valid path");
  }
}

void validate_telemetry(const Conf::Backend& backend, const std::string& field, Violations& violations) {
  if (!backend.has_open_telemetry()) return violations.add(field, reason_text::kMustBeDefined);
  const Conf::OpenTelemetry& telemetry = backend.open_telemetry();
  validate_telemetry_backend_ref(telemetry.has_backend_ref(), telemetry.backend_ref(), field + ".backendRef",
                                 violations);
  for (int i = 0; i < telemetry.attributes_size(); ++i) {
    const std::string& key = telemetry.attributes(i).key();
    const std::string at = cat(field, ".attributes[", i, "].key");
    if (key.empty()) violations.add(at, reason_text::kMustNotBeEmpty);
    if (key.find('%') != std::string::npos) violations.add(at, "must not hold placeholders: they go into the value");
    if (key.starts_with("otel.")) violations.add(at, "must not start with the reserved prefix \"otel.\"");
  }
}

void validate_conf(const Conf& conf, const std::string& field, Violations& violations) {
  if (conf.backends().empty() && !is_written_empty(conf, "backends")) {
    return violations.add(field + ".backends", reason_text::kMustBeDefined);
  }
  for (int i = 0; i < conf.backends_size(); ++i) {
    const Conf::Backend& backend = conf.backends(i);
    const std::string at = cat(field, ".backends[", i, "]");
    if (backend.type() == "Tcp") validate_tcp(backend, at + ".tcp", violations);
    if (backend.type() == "File") validate_file(backend, at + ".file", violations);
    if (backend.type() == "OpenTelemetry") validate_telemetry(backend, at + ".openTelemetry", violations);
  }
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshAccessLog&>(message);
  validate_targets(spec, violations);
  if (spec.to_size() > 0 && spec.rules_size() > 0) {
    violations.add("spec", "'to' must be empty when 'rules' is defined");
  }
  if (spec.to_size() == 0 && spec.rules_size() == 0) {
    violations.add("spec", "at least one of 'to' or 'rules' has to be defined");
  }
  for (int i = 0; i < spec.to_size(); ++i) {
    validate_conf(spec.to(i).default_(), cat("spec.to[", i, "].default"), violations);
  }
  for (int i = 0; i < spec.rules_size(); ++i) {
    const v1::MeshAccessLog::Rule& rule = spec.rules(i);
    for (int j = 0; j < rule.matches_size(); ++j) {
      validate_match(rule.matches(j), cat("spec.rules[", i, "].matches[", j, "]"), MatchCheck::kLoose, violations);
    }
    validate_conf(rule.default_(), cat("spec.rules[", i, "].default"), violations);
  }
}

}  // namespace weft::mesh_access_log
