#include "policies/mesh_http_route/validate_filters.h"

#include <arpa/inet.h>

#include <set>

#include "base/text.h"
#include "policies/backend_ref.h"
#include "policies/written_lists.h"

namespace weft::mesh_http_route {
namespace {

using Filter = v1::HttpRouteFilter;

bool is_ip_address(const std::string& text) {
  unsigned char address[16];
  return ::inet_pton(AF_INET, text.c_str(), address) == 1 || ::inet_pton(AF_INET6, text.c_str(), address) == 1;
}

// A header may be named once in the whole object; names are compared without regard to case (RFC 9110 5.1).
class HeaderNames {
 public:
  explicit HeaderNames(Violations& violations) : violations_(violations) {}
  void add(const std::string& name, const std::string& field) {
    if (!seen_.insert(lower(name)).second) violations_.add(field + ".name", "duplicate header name");
  }

 private:
  std::set<std::string> seen_;
  Violations& violations_;
};

void validate_headers(bool present, const Filter::HeaderModifier& modifier, const std::string& field,
                      Violations& violations) {
  if (!present) return violations.add(field, reason_text::kMustBeDefined);
  const bool says_something = modifier.set_size() + modifier.add_size() + modifier.remove_size() > 0 ||
                              is_written_empty(modifier, "set") || is_written_empty(modifier, "add") ||
                              is_written_empty(modifier, "remove");
  if (!says_something) violations.add(field, "must have at least one defined: set, add, remove");
  HeaderNames names(violations);
  for (int i = 0; i < modifier.set_size(); ++i) names.add(modifier.set(i).name(), cat(field, ".set[", i, "]"));
  for (int i = 0; i < modifier.add_size(); ++i) names.add(modifier.add(i).name(), cat(field, ".add[", i, "]"));
  // The contract reports these under a "name" that the plain strings do not have.
  for (int i = 0; i < modifier.remove_size(); ++i) names.add(modifier.remove(i), cat(field, ".remove[", i, "]"));
}

void validate_path(const Filter::PathRewrite& path, bool prefixes_only, const std::string& field,
                   Violations& violations) {
  if (path.type() == "ReplacePrefixMatch" && !prefixes_only) {
    violations.add(field + ".replacePrefixMatch", "can only appear if all matches match a path prefix");
  }
}

void validate_hostname(const std::string& hostname, const std::string& field, Violations& violations) {
  if (is_ip_address(hostname)) violations.add(field, "cannot be an IP address");
}

void validate_redirect(const Filter& filter, bool prefixes_only, const std::string& field, Violations& violations) {
  if (!filter.has_request_redirect()) return violations.add(field, reason_text::kMustBeDefined);
  const Filter::RequestRedirect& redirect = filter.request_redirect();
  validate_hostname(redirect.hostname(), field + ".hostname", violations);
  if (redirect.has_path()) validate_path(redirect.path(), prefixes_only, field + ".path", violations);
}

void validate_rewrite(const Filter& filter, bool prefixes_only, const std::string& field, Violations& violations) {
  if (!filter.has_url_rewrite()) return violations.add(field, reason_text::kMustBeDefined);
  const Filter::UrlRewrite& rewrite = filter.url_rewrite();
  validate_hostname(rewrite.hostname(), field + ".hostname", violations);
  if (rewrite.has_path()) validate_path(rewrite.path(), prefixes_only, field + ".path", violations);
  if (!rewrite.host_to_backend_hostname()) return;
  violations.add(field + ".hostToBackendHostname", reason_text::kMustNotBeSet);
  if (!rewrite.hostname().empty()) {
    violations.add(field + ".hostToBackendHostname", "cannot be set together with hostname");
  }
}

void validate_mirror(const Filter& filter, const std::string& field, Violations& violations) {
  if (!filter.has_request_mirror()) return violations.add(field, reason_text::kMustBeDefined);
  validate_backend_ref(filter.request_mirror().backend_ref(), field + ".backendRef", violations);
}

}  // namespace

void validate_filter(const Filter& filter, bool prefixes_only, const std::string& field, Violations& violations) {
  if (filter.type() == "RequestHeaderModifier") {
    validate_headers(filter.has_request_header_modifier(), filter.request_header_modifier(),
                     field + ".requestHeaderModifier", violations);
  } else if (filter.type() == "ResponseHeaderModifier") {
    validate_headers(filter.has_response_header_modifier(), filter.response_header_modifier(),
                     field + ".responseHeaderModifier", violations);
  } else if (filter.type() == "RequestRedirect") {
    validate_redirect(filter, prefixes_only, field + ".requestRedirect", violations);
  } else if (filter.type() == "URLRewrite") {
    validate_rewrite(filter, prefixes_only, field + ".urlRewrite", violations);
  } else if (filter.type() == "RequestMirror") {
    validate_mirror(filter, field + ".requestMirror", violations);
  }
}

}  // namespace weft::mesh_http_route
