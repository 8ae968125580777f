#include "control-plane/source/access.h"

#include "base/text.h"

namespace weft::cp {
namespace {

// "localhost", "127.0.0.1:5681", "[::1]:5681".
bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
  const std::string_view name = host.substr(0, host.find(':'));
  return equal_ignoring_case(name, "localhost") || name.starts_with("127.");
}

// A page in a browser on this machine must not act as its administrator, nor a request that a proxy here passes on.
bool is_from_this_machine(const HttpRequest& request) {
  if (!request.from_loopback || !is_loopback_host(request.header("host"))) return false;
  for (const std::string_view name : {"forwarded", "x-forwarded-for", "x-real-ip"}) {
    if (request.has_header(name)) return false;
  }
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty() && site != "none" && site != "same-origin") return false;
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return true;
  const size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("host");
}

std::string full_name(const Caller& caller) { return cat(caller.name, "/", join(caller.groups, ",")); }

}  // namespace

Result<Caller> identify(const HttpRequest& request, bool localhost_is_admin, const Authenticate& authenticate) {
  constexpr std::string_view scheme = "bearer ";
  const std::string_view header = request.header("authorization");
  const bool from_here = localhost_is_admin && is_from_this_machine(request);
  if (header.empty()) return from_here ? Caller::admin() : Caller::anonymous();
  if (header.size() <= scheme.size() || !equal_ignoring_case(header.substr(0, scheme.size()), scheme) ||
      !authenticate) {
    return unauthenticated("the token is not valid");
  }
  Result<Caller> caller = authenticate(trim(header.substr(scheme.size())));
  if (!caller.ok()) return unauthenticated("the token is not valid");
  if (from_here) return Caller::admin();
  return caller;
}

std::optional<Problem> check_access(const Caller& caller, const Kind& kind, const AccessRules& rules) {
  if (!kind.rules.admin_only()) return std::nullopt;
  return check_listed(caller, rules.admin_resources, cat("access the resource of type \"", kind.type(), "\""));
}

std::optional<Problem> check_listed(const Caller& caller, const AccessList& list, std::string_view what) {
  if (list.has(caller)) return std::nullopt;
  return Problem{403, "Access Denied", cat("user \"", full_name(caller), "\" cannot ", what), {}};
}

}  // namespace weft::cp
