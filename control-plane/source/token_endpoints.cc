// Tokens for dataplanes, users and zones. Only who is on the list gets one; the signing is main's business.
#include "base/document/document.h"
#include "base/duration.h"
#include "base/text.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

constexpr std::string_view kTitle = "Invalid request";
constexpr std::string_view kIssueTitle = "Could not issue a token";
constexpr std::chrono::seconds kTenYears = std::chrono::hours(24 * 365 * 10);

// The body of a request, read key by key; what is wrong is collected.
class TokenForm {
 public:
  explicit TokenForm(const Node& body) : body_(body) {}

  // Empty when it is absent, or something else.
  std::string word(std::string_view key) {
    const Node* node = body_.find(key);
    if (node == nullptr || node->is_null()) return {};
    if (node->is_string()) return node->text;
    violations.add(key, "must be a string");
    return {};
  }
  std::string required_word(std::string_view key) {
    const size_t before = violations.list().size();
    std::string text = word(key);
    if (text.empty() && violations.list().size() == before) violations.add(key, "cannot be empty");
    return text;
  }

  std::vector<std::string> words(std::string_view key) {
    const Node* list = body_.find(key);
    return list == nullptr || list->is_null() ? std::vector<std::string>() : strings(*list, key);
  }

  std::vector<std::pair<std::string, std::vector<std::string>>> tags() {
    std::vector<std::pair<std::string, std::vector<std::string>>> all;
    const Node* tags = body_.find("tags");
    if (tags == nullptr || tags->is_null()) return all;
    if (!tags->is_object()) violations.add("tags", "must be an object");
    for (const Member& tag : tags->members) {
      all.emplace_back(tag.key, strings(tag.value, cat("tags[\"", tag.key, "\"]")));
    }
    return all;
  }

  std::chrono::seconds valid_for() {
    const std::string text = word("validFor");
    if (text.empty()) return kTenYears;
    const std::chrono::seconds asked = duration(text);
    return asked.count() == 0 ? kTenYears : asked;
  }
  std::chrono::seconds required_valid_for() {
    const std::string text = required_word("validFor");
    if (text.empty()) return {};
    const size_t before = violations.list().size();
    const std::chrono::seconds asked = duration(text);
    if (asked.count() == 0 && violations.list().size() == before) {
      violations.add("validFor", "cannot be empty or nil");
    }
    return asked;
  }

  Violations violations;

 private:
  std::vector<std::string> strings(const Node& list, const std::string_view field) {
    std::vector<std::string> out;
    if (!list.is_list()) violations.add(field, "must be a list of strings");
    for (const Node& item : list.items) {
      if (!item.is_string()) {
        violations.add(field, "must be a list of strings");
        break;
      }
      out.push_back(item.text);
    }
    return out;
  }

  // Zero when it cannot be read.
  std::chrono::seconds duration(std::string_view text) {
    const Result<Nanoseconds> read = parse_duration(text);
    if (!read.ok()) {
      violations.add("validFor", cat("is invalid: ", reason(read.status())));
    } else if (read->count() < 0) {
      violations.add("validFor", "must not be negative");
    } else {
      // A token that is good for less than a second is good for one.
      return std::chrono::ceil<std::chrono::seconds>(*read);
    }
    return {};
  }

  const Node& body_;
};

DataplaneTokenRequest read_dataplane_request(TokenForm& form) {
  DataplaneTokenRequest request;
  request.mesh = form.required_word("mesh");
  request.name = form.word("name");
  request.workload = form.word("workload");
  const std::string type = form.word("type");
  if (!type.empty() && type != "dataplane") form.violations.add("type", cat(type, " is not a valid proxy type"));
  request.tags = form.tags();
  request.valid_for = form.valid_for();
  return request;
}

UserTokenRequest read_user_request(TokenForm& form) {
  UserTokenRequest request;
  request.name = form.required_word("name");
  request.groups = form.words("groups");
  request.valid_for = form.required_valid_for();
  return request;
}

ZoneTokenRequest read_zone_request(TokenForm& form) {
  ZoneTokenRequest request;
  request.zone = form.word("zone");
  request.scope = form.words("scope");
  request.valid_for = form.valid_for();
  return request;
}

// One kind of token: who may have it, how it is asked for, who makes it.
template <typename Request>
struct TokenKind {
  std::string_view path;
  std::string_view name;  // "user token"
  const AccessList& access;
  bool enabled;
  Request (*read)(TokenForm& form);
  const std::function<Result<std::string>(const Request&)>& issue;
};

template <typename Request>
HttpResponse answer(const Call& call, const TokenKind<Request>& kind) {
  if (auto refused = check_listed(call.caller, kind.access, cat("generate ", kind.name))) return to_response(*refused);
  if (!kind.enabled) {
    return to_response({400, std::string(kIssueTitle), "issuing tokens using the control plane is disabled.", {}});
  }
  const Result<Node> body = parse_json(call.request.body);
  if (!body.ok() || !body->is_object()) {
    return to_response(
        bad_request(cat("invalid token request: ", body.ok() ? "it must be an object" : reason(body.status()))));
  }
  TokenForm form(*body);
  const Request request = kind.read(form);
  if (!form.violations.empty()) return to_response(not_valid(kTitle, form.violations));
  const Result<std::string> token = kind.issue(request);
  if (token.ok()) return {200, *token, "text/plain", {}};
  if (is_not_found(token.status())) return to_response({404, "Signing Key not found", reason(token.status()), {}});
  return to_response(from_status(kIssueTitle, token.status()));
}

template <typename Request>
void add(Router& router, const TokenKind<Request>& kind) {
  if (!kind.issue) return;
  router.add("POST", kind.path, [kind](const Call& call) { return answer(call, kind); });
}

}  // namespace

void add_token_endpoints(Router& router, ApiContext& api) {
  const AccessRules& access = api.options.access;
  add<DataplaneTokenRequest>(
      router, {"/tokens/dataplane", "dataplane token", access.generate_dataplane_token,
               api.options.issue_dataplane_tokens, read_dataplane_request, api.hooks.issue_dataplane_token});
  add<UserTokenRequest>(router, {"/tokens/user", "user token", access.generate_user_token,
                                 api.options.issue_user_tokens, read_user_request, api.hooks.issue_user_token});
  add<ZoneTokenRequest>(router, {"/tokens/zone", "zone token", access.generate_zone_token,
                                 api.options.issue_zone_tokens, read_zone_request, api.hooks.issue_zone_token});
}

}  // namespace weft::cp
