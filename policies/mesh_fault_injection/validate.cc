#include "policies/mesh_fault_injection/validate.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/decimal.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_fault_injection.pb.h"

namespace weft::mesh_fault_injection {
namespace {

using Conf = v1::MeshFaultInjectionConf;

// Digits, perhaps a space, and a unit: "50 Mbps".
bool is_bandwidth(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kPrefixes = "GMk";
  constexpr std::string_view kUnit = "bps";
  text.remove_prefix(std::min(text.find_first_not_of(kDigits), text.size()));
  if (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  if (!text.ends_with(kUnit)) return false;
  text.remove_suffix(kUnit.size());
  return !text.empty() && text.find_first_not_of(kPrefixes) == std::string_view::npos;
}

void validate_bandwidth(const Conf::ResponseBandwidth& bandwidth, const std::string& field, Violations& violations) {
  if (bandwidth.limit().empty()) {
    violations.add(field + ".limit", reason_text::kMustBeDefined);
  } else if (!is_bandwidth(bandwidth.limit())) {
    violations.add(field + ".limit", "must be in kbps/Mbps/Gbps units");
  }
  check_percentage(bandwidth.percentage(), field + ".percentage", violations);
}

// In these paths the contract puts the index behind the name of the fault.
void validate_conf(const Conf& conf, const std::string& field, Violations& violations) {
  for (int i = 0; i < conf.http_size(); ++i) {
    const Conf::Fault& fault = conf.http(i);
    const auto at = [&](std::string_view name) { return cat(field, ".http.", name, "[", i, "]"); };
    if (fault.has_abort()) {
      check_status(fault.abort().http_status(), at("abort") + ".httpStatus", violations);
      check_percentage(fault.abort().percentage(), at("abort") + ".percentage", violations);
    }
    if (fault.has_delay()) {
      check_not_negative(fault.delay().value(), at("delay") + ".value", violations);
      check_percentage(fault.delay().percentage(), at("delay") + ".percentage", violations);
    }
    if (fault.has_response_bandwidth()) {
      validate_bandwidth(fault.response_bandwidth(), at("responseBandwidth"), violations);
    }
  }
}

void validate_rule(const v1::MeshFaultInjection::Rule& rule, const std::string& field, Violations& violations) {
  for (int i = 0; i < rule.matches_size(); ++i) {
    validate_match(rule.matches(i), cat(field, ".matches[", i, "]"), MatchCheck::kLoose, violations);
  }
  validate_conf(rule.default_(), field + ".default", violations);
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshFaultInjection&>(message);
  const bool whole_mesh = !spec.has_target_ref() || spec.target_ref().kind() == "Mesh";
  validate_targets(spec, violations);
  if (!whole_mesh && !spec.to().empty()) violations.add("spec.to", reason_text::kMustNotBeDefined);
  for (int i = 0; i < spec.to_size(); ++i) {
    validate_conf(spec.to(i).default_(), cat("spec.to[", i, "].default"), violations);
  }
  for (int i = 0; i < spec.rules_size(); ++i) validate_rule(spec.rules(i), cat("spec.rules[", i, "]"), violations);
}

}  // namespace weft::mesh_fault_injection
