#include "control-plane/identity/zone_token.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "control-plane/identity/jwt.h"

namespace weft::cp {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kNotBeforeSlack{5};

}  // namespace

Result<std::string> issue_zone_token(ZoneToken token, std::chrono::seconds valid_for, const KeyRing& keys,
                                     std::chrono::sys_seconds now) {
  if (token.id.empty()) {
    Result<std::string> id = random_token_id();
    if (!id.ok()) return id.status();
    token.id = *id;
  }
  json::array scope;
  for (const std::string& word : token.scope) scope.emplace_back(word);
  const int64_t issued = now.time_since_epoch().count();
  const json::object claims{{"Zone", token.zone},
                            {"Scope", std::move(scope)},
                            {"jti", token.id},
                            {"iat", issued},
                            {"nbf", issued - kNotBeforeSlack.count()},
                            {"exp", issued + valid_for.count()}};
  return sign_jwt(json::serialize(claims), keys);
}

}  // namespace weft::cp
