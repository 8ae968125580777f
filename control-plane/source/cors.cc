#include "control-plane/source/cors.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace weft::cp {

Cors::Cors(const std::vector<std::string>& allowed_origins) {
  for (const std::string& pattern : allowed_origins) {
    auto compiled = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
    if (!compiled->ok() && status_.ok()) {
      status_ =
          invalid(cat("apiServer.corsAllowedDomains: \"", pattern, "\" is no regular expression: ", compiled->error()));
    }
    allowed_.push_back(std::move(compiled));
  }
}
Cors::~Cors() = default;

std::optional<CorsHeaders> Cors::headers_for(const HttpRequest& request) const {
  const std::string origin(request.header("origin"));
  if (origin.empty()) return std::nullopt;
  const bool is_allowed =
      std::any_of(allowed_.begin(), allowed_.end(), [&](const auto& re) { return RE2::FullMatch(origin, *re); });
  if (!is_allowed) return std::nullopt;
  CorsHeaders headers = {{"Access-Control-Allow-Origin", origin}, {"Vary", "Origin"}};
  if (!is_preflight(request)) return headers;
  headers.emplace_back("Access-Control-Allow-Methods", "GET, PUT, POST, DELETE");
  if (const std::string_view wanted = request.header("access-control-request-headers"); !wanted.empty()) {
    headers.emplace_back("Access-Control-Allow-Headers", wanted);
  }
  return headers;
}

bool is_preflight(const HttpRequest& request) {
  return request.method == "OPTIONS" && request.has_header("access-control-request-method");
}

}  // namespace weft::cp
