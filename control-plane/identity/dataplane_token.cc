#include "control-plane/identity/dataplane_token.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/text.h"
#include "control-plane/identity/jwt.h"

namespace weft::cp {
namespace {

namespace json = boost::json;

// Tolerates clocks that differ a little.
constexpr std::chrono::seconds kNotBeforeSlack{5};

Status read_text(const json::object& claims, const char* name, std::string& out) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr || value->is_null()) return ok();
  if (!value->is_string()) return unauthenticated(cat("garbled token: ", name, " is not a string"));
  out.assign(value->get_string().data(), value->get_string().size());
  return ok();
}

Status read_tags(const json::object& claims, DataplaneToken& token) {
  const json::value* tags = claims.if_contains("Tags");
  if (tags == nullptr || tags->is_null()) return ok();
  if (!tags->is_object()) return unauthenticated("garbled token: Tags is not an object");
  for (const auto& [key, values] : tags->get_object()) {
    std::set<std::string>& allowed = token.tags[std::string(key.data(), key.size())];
    if (!values.is_array()) return unauthenticated("garbled token: a value of Tags is not a list");
    for (const json::value& value : values.get_array()) {
      if (!value.is_string()) return unauthenticated("garbled token: a value of Tags is not a list of strings");
      allowed.emplace(value.get_string().data(), value.get_string().size());
    }
  }
  return ok();
}

Result<DataplaneToken> read_claims(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return unauthenticated("garbled token: its payload is not a JSON object");
  const json::object& claims = value.get_object();
  DataplaneToken token;
  for (const auto& [name, field] : {std::pair{"Name", &token.name},
                                    {"Mesh", &token.mesh},
                                    {"Type", &token.type},
                                    {"Workload", &token.workload},
                                    {"jti", &token.id}}) {
    if (Status read = read_text(claims, name, *field); !read.ok()) return read;
  }
  if (Status read = read_tags(claims, token); !read.ok()) return read;
  if (!token.type.empty() && token.type != "dataplane") {
    return unauthenticated(cat("the token is for a proxy of type \"", token.type, "\", not a dataplane"));
  }
  return token;
}

}  // namespace

Result<std::string> issue_dataplane_token(DataplaneToken token, std::chrono::seconds valid_for, const KeyRing& keys,
                                          std::chrono::sys_seconds now) {
  if (token.id.empty()) {
    Result<std::string> id = random_token_id();
    if (!id.ok()) return id.status();
    token.id = *id;
  }
  json::object tags;
  for (const auto& [key, values] : token.tags) {
    json::array list;
    for (const std::string& value : values) list.emplace_back(value);
    tags[key] = std::move(list);
  }
  const int64_t issued = now.time_since_epoch().count();
  const json::object claims{{"Name", token.name},
                            {"Mesh", token.mesh},
                            {"Tags", std::move(tags)},
                            {"Type", token.type},
                            {"Workload", token.workload},
                            {"jti", token.id},
                            {"iat", issued},
                            {"nbf", issued - kNotBeforeSlack.count()},
                            {"exp", issued + valid_for.count()}};
  return sign_jwt(json::serialize(claims), keys);
}

Result<DataplaneToken> verify_dataplane_token(std::string_view text, std::string_view mesh, const KeyRing& keys,
                                              const std::set<std::string, std::less<>>& revoked,
                                              std::chrono::sys_seconds now, const ForeignKeys& foreign) {
  const Result<std::string> claims = verify_jwt(text, keys, now, foreign);
  if (!claims.ok()) {
    // A token of another mesh fails on its signature or key; saying so is what helps.
    const Result<std::string> unverified = unverified_claims(text);
    const Result<DataplaneToken> token = unverified.ok() ? read_claims(*unverified) : unverified.status();
    if (token.ok() && !token->mesh.empty() && token->mesh != mesh) {
      return unauthenticated(cat("the token is for mesh \"", token->mesh, "\", not \"", mesh, "\""));
    }
    return claims.status();
  }
  Result<DataplaneToken> token = read_claims(*claims);
  if (token.ok() && revoked.contains(token->id)) return unauthenticated("the token was revoked");
  return token;
}

Status check_token_name(const DataplaneToken& token, std::string_view mesh, std::string_view name) {
  if (!token.mesh.empty() && token.mesh != mesh) {
    return denied(cat("the token is for mesh \"", token.mesh, "\", not \"", mesh, "\""));
  }
  if (!token.name.empty() && token.name != name) {
    return denied(cat("the token is for dataplane \"", token.name, "\", not \"", name, "\""));
  }
  return ok();
}

Status check_token_labels(const DataplaneToken& token, const std::map<std::string, std::string>& labels) {
  for (const auto& [key, values] : token.tags) {
    const auto label = labels.find(key);
    if (label == labels.end())
      return denied(cat("the token demands label \"", key, "\", which the Dataplane does not have"));
    if (!values.contains(label->second)) {
      return denied(cat("the token does not allow \"", label->second, "\" as label \"", key, "\""));
    }
  }
  if (token.workload.empty()) return ok();
  const auto workload = labels.find("kuma.io/workload");
  if (workload == labels.end()) {
    return denied(
        cat("the token is for workload \"", token.workload, "\", but the Dataplane has no label kuma.io/workload"));
  }
  if (workload->second != token.workload) {
    return denied(cat("the token is for workload \"", token.workload, "\", not \"", workload->second, "\""));
  }
  return ok();
}

std::set<std::string, std::less<>> parse_revocations(std::string_view text) {
  std::set<std::string, std::less<>> ids;
  for (const std::string_view piece : split(text, ',')) {
    if (const std::string_view id = trim(piece); !id.empty()) ids.emplace(id);
  }
  return ids;
}

}  // namespace weft::cp
