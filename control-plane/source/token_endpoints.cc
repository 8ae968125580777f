// Tokens for dataplanes. Only an administrator gets one; the signing is main's business.
#include "base/document/document.h"
#include "base/duration.h"
#include "base/text.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

constexpr std::string_view kTitle = "Invalid request";
constexpr std::chrono::seconds kTenYears = std::chrono::hours(24 * 365 * 10);

// A word of the request; false when there is something else.
bool read_word(const Node& body, std::string_view key, std::string& out, Violations& violations) {
  const Node* node = body.find(key);
  if (node == nullptr || node->is_null()) return true;
  if (!node->is_string()) {
    violations.add(key, "must be a string");
    return false;
  }
  out = node->text;
  return true;
}

void read_tags(const Node& body, DataplaneTokenRequest& request, Violations& violations) {
  const Node* tags = body.find("tags");
  if (tags == nullptr || tags->is_null()) return;
  if (!tags->is_object()) return violations.add("tags", "must be an object");
  for (const Member& tag : tags->members) {
    std::vector<std::string> values;
    for (const Node& value : tag.value.items) {
      if (!value.is_string()) violations.add(cat("tags[\"", tag.key, "\"]"), "must be a list of strings");
      values.push_back(value.text);
    }
    if (!tag.value.is_list()) violations.add(cat("tags[\"", tag.key, "\"]"), "must be a list of strings");
    request.tags.emplace_back(tag.key, std::move(values));
  }
}

void read_valid_for(const Node& body, DataplaneTokenRequest& request, Violations& violations) {
  std::string text;
  request.valid_for = kTenYears;
  if (!read_word(body, "validFor", text, violations) || text.empty()) return;
  const Result<Nanoseconds> duration = parse_duration(text);
  if (!duration.ok()) return violations.add("validFor", cat("is invalid: ", reason(duration.status())));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration);
  if (seconds.count() < 0) return violations.add("validFor", "must not be negative");
  if (seconds.count() > 0) request.valid_for = seconds;
}

HttpResponse dataplane_token(const Call& call, const ApiContext& api) {
  if (auto refused = check_admin(call.caller, "generate a dataplane token")) return to_response(*refused);
  const Result<Node> body = parse_json(call.request.body);
  if (!body.ok() || !body->is_object()) {
    return to_response(
        bad_request(cat("invalid token request: ", body.ok() ? "it must be an object" : reason(body.status()))));
  }
  DataplaneTokenRequest request;
  Violations violations;
  std::string type;
  if (read_word(*body, "mesh", request.mesh, violations) && request.mesh.empty())
    violations.add("mesh", "cannot be empty");
  read_word(*body, "name", request.name, violations);
  read_word(*body, "workload", request.workload, violations);
  if (read_word(*body, "type", type, violations) && !type.empty() && type != "dataplane") {
    violations.add("type", cat(type, " is not a valid proxy type"));
  }
  read_tags(*body, request, violations);
  read_valid_for(*body, request, violations);
  if (!violations.empty()) return to_response(not_valid(kTitle, violations));

  const Result<std::string> token = api.hooks.issue_dataplane_token(request);
  if (token.ok()) return {200, *token, "text/plain", {}};
  if (is_not_found(token.status())) {
    return to_response({404, "Signing Key not found", cat("there is no signing key for the mesh ", request.mesh), {}});
  }
  return to_response(from_status("Could not issue a token", token.status()));
}

}  // namespace

void add_token_endpoints(Router& router, ApiContext& api) {
  if (!api.hooks.issue_dataplane_token) return;
  router.add("POST", "/tokens/dataplane", [&api](const Call& call) { return dataplane_token(call, api); });
}

}  // namespace weft::cp
