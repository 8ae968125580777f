#include "control-plane/identity/user_token.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/text.h"
#include "control-plane/identity/jwt.h"

namespace weft::cp {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kNotBeforeSlack{5};

std::string text_claim(const json::object& claims, const char* name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_string()) return "";
  return std::string(value->get_string().data(), value->get_string().size());
}

}  // namespace

Result<std::string> issue_user_token(UserToken token, std::chrono::seconds valid_for, const KeyRing& keys,
                                     std::chrono::sys_seconds now) {
  if (token.id.empty()) {
    Result<std::string> id = random_token_id();
    if (!id.ok()) return id.status();
    token.id = *id;
  }
  json::array groups;
  for (const std::string& group : token.groups) groups.emplace_back(group);
  const int64_t issued = now.time_since_epoch().count();
  const json::object claims{{"Name", token.name},
                            {"Groups", std::move(groups)},
                            {"jti", token.id},
                            {"iat", issued},
                            {"nbf", issued - kNotBeforeSlack.count()},
                            {"exp", issued + valid_for.count()}};
  return sign_jwt(json::serialize(claims), keys);
}

Result<UserToken> verify_user_token(std::string_view text, const KeyRing& keys,
                                    const std::set<std::string, std::less<>>& revoked, std::chrono::sys_seconds now,
                                    const ForeignKeys& foreign) {
  const Result<std::string> verified = verify_jwt(text, keys, now, foreign);
  if (!verified.ok()) return verified.status();
  json::error_code error;
  const json::value value = json::parse(*verified, error);
  if (error || !value.is_object()) return unauthenticated("garbled token: its payload is not a JSON object");
  const json::object& claims = value.get_object();
  UserToken token{.name = text_claim(claims, "Name"), .id = text_claim(claims, "jti")};
  if (token.name.empty()) return unauthenticated("the token does not name a user");
  if (revoked.contains(token.id)) return unauthenticated("the token was revoked");
  const json::value* groups = claims.if_contains("Groups");
  if (groups == nullptr || groups->is_null()) return token;
  if (!groups->is_array()) return unauthenticated("garbled token: Groups is not a list");
  for (const json::value& group : groups->get_array()) {
    if (!group.is_string()) return unauthenticated("garbled token: Groups is not a list of strings");
    token.groups.emplace_back(group.get_string().data(), group.get_string().size());
  }
  return token;
}

}  // namespace weft::cp
