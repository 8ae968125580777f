#include "control-plane/token_desk.h"

#include <chrono>

#include "base/file.h"
#include "base/text.h"
#include "control-plane/identity/dataplane_token.h"
#include "control-plane/identity/user_token.h"
#include "control-plane/identity/zone_token.h"

namespace weft::cp {
namespace {

std::chrono::sys_seconds utc_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Result<ForeignKeys> read_keys(std::string_view setting, const std::vector<PublicKeySetting>& settings) {
  ForeignKeys keys;
  for (const PublicKeySetting& one : settings) {
    const std::string where = cat(setting, ".validator.publicKeys: key \"", one.kid, "\"");
    Result<std::string> text = one.key_file.empty() ? Result<std::string>(one.key) : read_file(one.key_file);
    if (!text.ok()) return annotate(text.status(), where);
    Result<SigningKey> key = SigningKey::parse(*text);
    if (!key.ok()) return annotate(key.status(), where);
    if (!keys.emplace(one.kid, *std::move(key)).second) return invalid(cat(where, " is there twice"));
  }
  return keys;
}

}  // namespace

Result<std::unique_ptr<TokenDesk>> TokenDesk::open(const Options& options, TokenKeys& keys,
                                                   const WorldPublisher& worlds,
                                                   std::function<void()> wait_for_first_keys) {
  std::unique_ptr<TokenDesk> desk(new TokenDesk(keys, worlds));
  desk->wait_for_first_keys_ = std::move(wait_for_first_keys);
  desk->trust_user_secrets_ = options.user_tokens.use_secrets;
  Result<ForeignKeys> users = read_keys("apiServer.authn.tokens", options.user_tokens.public_keys);
  if (!users.ok()) return users.status();
  desk->foreign_users_ = *std::move(users);
  Result<ForeignKeys> dataplanes = read_keys("dpServer.authn.dpProxy.dpToken", options.dataplane_tokens.public_keys);
  if (!dataplanes.ok()) return dataplanes.status();
  desk->foreign_dataplane_ = *std::move(dataplanes);
  return desk;
}

template <typename Read>
std::shared_ptr<const KeyRing> TokenDesk::await_keys(const Read& read) {
  std::shared_ptr<const KeyRing> ring = read(*worlds_.current());
  if (!ring->empty()) return ring;
  wait_for_first_keys_();
  return read(*worlds_.current());
}

Result<std::string> TokenDesk::issue_for_dataplane(const DataplaneTokenRequest& request) {
  const auto ring = await_keys([&](const World& world) { return keys_.dataplane_keys(world, request.mesh); });
  if (ring->empty()) return not_found(cat("there is no signing key for the mesh ", request.mesh));
  DataplaneToken token{.name = request.name, .mesh = request.mesh, .workload = request.workload};
  for (const auto& [key, values] : request.tags) token.tags[key].insert(values.begin(), values.end());
  return issue_dataplane_token(std::move(token), request.valid_for, *ring, utc_seconds());
}

Result<std::string> TokenDesk::issue_for_user(const UserTokenRequest& request) {
  const auto ring = await_keys([&](const World& world) { return keys_.user_keys(world); });
  if (ring->empty()) return not_found("there is no signing key for user tokens");
  return issue_user_token({.name = request.name, .groups = request.groups}, request.valid_for, *ring, utc_seconds());
}

Result<std::string> TokenDesk::issue_for_zone(const ZoneTokenRequest& request) {
  const auto ring = await_keys([&](const World& world) { return keys_.zone_keys(world); });
  if (ring->empty()) return not_found("there is no signing key for zone tokens");
  return issue_zone_token({.zone = request.zone, .scope = request.scope}, request.valid_for, *ring, utc_seconds());
}

Result<Caller> TokenDesk::authenticate(std::string_view token) {
  static const KeyRing kNone;
  const WorldPtr world = worlds_.current();
  const std::shared_ptr<const KeyRing> ring = trust_user_secrets_ ? keys_.user_keys(*world) : nullptr;
  Result<UserToken> user = verify_user_token(token, ring == nullptr ? kNone : *ring,
                                             TokenKeys::revoked_user_tokens(*world), utc_seconds(), foreign_users_);
  if (!user.ok()) return user.status();
  Caller caller{.name = user->name, .groups = std::move(user->groups)};
  caller.groups.emplace_back(kAuthenticated);
  return caller;
}

}  // namespace weft::cp
