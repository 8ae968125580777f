#include "policies/mesh_http_route/validate.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/text.h"
#include "policies/backend_ref.h"
#include "policies/mesh_http_route/validate_filters.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_http_route.pb.h"

namespace weft::mesh_http_route {
namespace {

void validate_path(const v1::HttpRouteMatch::Path& path, const std::string& field, Violations& violations) {
  if (path.type() == "RegularExpression") return;
  const std::string& value = path.value();
  if (path.type() == "PathPrefix" && value.ends_with('/') && value != "/") {
    violations.add(field + ".value",
                   "does not need a trailing slash because only a `/`-separated prefix or an entire path is matched");
  }
  if (!value.starts_with('/')) violations.add(field + ".value", "must be an absolute path");
}

void validate_match(const v1::HttpRouteMatch& match, const std::string& field, Violations& violations) {
  if (match.has_path()) validate_path(match.path(), field + ".path", violations);
  std::set<std::string> names;
  for (int i = 0; i < match.query_params_size(); ++i) {
    const std::string& name = match.query_params(i).name();
    if (names.insert(name).second) continue;
    violations.add(cat(field, ".queryParams[", i, "].name"), cat("multiple entries for name ", name));
  }
  for (int i = 0; i < match.headers_size(); ++i) {
    const v1::HeaderMatch& header = match.headers(i);
    const bool without_value = header.type() == "Present" || header.type() == "Absent";
    if (!without_value || header.value().empty()) continue;
    violations.add(cat(field, ".headers[", i, "].value"), reason_text::kMustNotBeDefined);
  }
}

void validate_rule(const v1::MeshHTTPRouteRule& rule, const std::string& field, Violations& violations) {
  for (int i = 0; i < rule.matches_size(); ++i) {
    validate_match(rule.matches(i), cat(field, ".matches[", i, "]"), violations);
  }
  const bool prefixes_only =
      std::all_of(rule.matches().begin(), rule.matches().end(),
                  [](const v1::HttpRouteMatch& match) { return match.path().type() == "PathPrefix"; });
  const v1::HttpRouteAction& action = rule.default_();
  for (int i = 0; i < action.filters_size(); ++i) {
    validate_filter(action.filters(i), prefixes_only, cat(field, ".default.filters[", i, "]"), violations);
  }
  for (int i = 0; i < action.backend_refs_size(); ++i) {
    validate_backend_ref(action.backend_refs(i), cat(field, ".default.backendRefs[", i, "]"), violations);
  }
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshHTTPRoute&>(message);
  validate_targets(spec, violations);
  for (int i = 0; i < spec.to_size(); ++i) {
    const v1::MeshHTTPRoute::To& to = spec.to(i);
    if (to.hostnames_size() > 0) violations.add(cat("spec.to[", i, "].hostnames"), reason_text::kMustNotBeDefined);
    for (int j = 0; j < to.rules_size(); ++j) {
      validate_rule(to.rules(j), cat("spec.to[", i, "].rules[", j, "]"), violations);
    }
  }
}

}  // namespace weft::mesh_http_route
