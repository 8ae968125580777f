#include "policies/target_ref.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "policies/policy_resource.h"

namespace weft {
namespace {

using Kinds = google::protobuf::RepeatedPtrField<std::string>;

bool labels_required(std::string_view kind) {
  return kind == "MeshService" || kind == "MeshMultiZoneService" || kind == "MeshExternalService" ||
         kind == "MeshHTTPRoute";
}

bool has_ports(std::string_view kind) {
  return kind == "Dataplane" || kind == "MeshService" || kind == "MeshMultiZoneService";
}

void validate_target_ref(const v1::TargetRef& ref, const std::string& field, const Kinds& kinds, bool inbound,
                         Violations& violations) {
  const std::string& kind = ref.kind();
  if (kind.empty()) return violations.add(field + ".kind", reason_text::kMustBeDefined);
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    return violations.add(field + ".kind", cat("value '", kind, "' is not supported"));
  }
  if (kind == "Mesh" && !ref.labels().empty()) violations.add(field + ".labels", "must not be set with kind Mesh");
  const bool has_section = !ref.section_name().empty();
  if (has_section && !has_ports(kind)) violations.add(field + ".sectionName", cat("must not be set with kind ", kind));
  if (has_section && kind == "Dataplane" && !inbound) {
    violations.add(field + ".sectionName", "can only be used with inbound policies");
  }
  if (labels_required(kind) && ref.labels().empty()) {
    violations.add(field + ".labels", cat("must be set when kind is ", kind));
  }
}

bool any_of_alphabet(std::string_view text, std::string_view punctuation, bool upper) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (upper && c >= 'A' && c <= 'Z') ||
           punctuation.find(c) != std::string_view::npos;
  });
}

// What is wrong with a SPIFFE ID, empty when nothing is. SPIFFE-ID section 2.
std::string_view spiffe_id_problem(std::string_view id) {
  constexpr std::string_view kScheme = "spiffe://";
  if (!id.starts_with(kScheme)) return "it has to start with spiffe://";
  id.remove_prefix(kScheme.size());
  const size_t slash = id.find('/');
  const std::string_view domain = id.substr(0, slash);
  if (domain.empty()) return "the trust domain is missing";
  if (!any_of_alphabet(domain, ".-_", false)) {
    return "a trust domain holds lower-case letters, digits, dots, dashes and underscores only";
  }
  if (slash == std::string_view::npos) return {};
  for (const std::string_view segment : split(id.substr(slash + 1), '/')) {
    if (segment.empty()) return "a path segment is empty (a trailing slash?)";
    if (segment == "." || segment == "..") return "a path segment must not be a dot segment";
    if (!any_of_alphabet(segment, ".-_", true)) {
      return "a path segment holds letters, digits, dots, dashes and underscores only";
    }
  }
  return {};
}

bool is_dns_subdomain(std::string_view name) {
  if (name.size() > 253) return false;
  for (const std::string_view part : split(name, '.')) {
    if (part.empty() || !any_of_alphabet(part, "-", false) || part.front() == '-' || part.back() == '-') return false;
  }
  return true;
}

void validate_spiffe_id(const v1::Match::SpiffeId& id, const std::string& field, MatchCheck check,
                        Violations& violations) {
  if (check == MatchCheck::kStrict && id.type().empty()) violations.add(field + ".type", reason_text::kMustBeSet);
  if (check == MatchCheck::kStrict && !id.type().empty() && id.type() != "Exact" && id.type() != "Prefix") {
    violations.add(field + ".type", cat("unrecognized type \"", id.type(), "\", supported values are: Exact, Prefix"));
  }
  const std::string_view problem = spiffe_id_problem(id.value());
  if (!problem.empty()) violations.add(field, cat("must be a valid Spiffe ID: ", problem));
}

void validate_sni(const v1::Match::Sni& sni, const std::string& field, Violations& violations) {
  if (sni.type().empty()) {
    violations.add(field + ".type", reason_text::kMustBeSet);
  } else if (sni.type() != "Exact") {
    violations.add(field + ".type", cat("unrecognized type \"", sni.type(), "\", supported values are: Exact"));
  }
  if (sni.value().empty()) {
    violations.add(field + ".value", reason_text::kMustBeSet);
  } else if (!is_dns_subdomain(sni.value())) {
    violations.add(field + ".value",
                   "must be a valid DNS name: lower-case letters, digits, dashes, and dots between labels");
  }
}

}  // namespace

void validate_targets(const google::protobuf::Message& spec, Violations& violations) {
  // An alias that owns nothing: the view lives no longer than `spec`.
  const PolicySpec view(std::shared_ptr<const google::protobuf::Message>(std::shared_ptr<void>(), &spec));
  const v1::PolicyRules& rules = PolicySpec::rules_of(spec);
  validate_target_ref(view.target_ref(), "spec.targetRef", rules.target_kinds(), view.is_inbound(), violations);
  for (int i = 0; i < view.to_size(); ++i) {
    validate_target_ref(view.to_target(i), cat("spec.to[", i, "].targetRef"), rules.to_kinds(), view.is_inbound(),
                        violations);
  }
}

void validate_match(const v1::Match& match, std::string_view field, MatchCheck check, Violations& violations) {
  if (check == MatchCheck::kStrict && !match.has_spiffe_id() && !match.has_sni()) {
    violations.add(field, "must specify at least one of 'spiffeID' or 'sni'");
  }
  if (match.has_spiffe_id()) validate_spiffe_id(match.spiffe_id(), cat(field, ".spiffeID"), check, violations);
  if (match.has_sni()) validate_sni(match.sni(), cat(field, ".sni"), violations);
}

}  // namespace weft
