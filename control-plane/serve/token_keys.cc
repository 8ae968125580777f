#include "control-plane/serve/token_keys.h"

#include "base/log.h"
#include "base/text.h"
#include "control-plane/identity/dataplane_token.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

const std::string& secret_bytes(const Resource& resource) {
  static const std::string nothing;
  if (resource.key.type == "Secret") {
    const auto* secret = dynamic_cast<const v1::Secret*>(resource.spec.get());
    return secret == nullptr ? nothing : secret->data();
  }
  const auto* secret = dynamic_cast<const v1::GlobalSecret*>(resource.spec.get());
  return secret == nullptr ? nothing : secret->data();
}

KeyRing read_keys(const World::Table& secrets, const std::string& prefix) {
  KeyRing ring;
  for (auto entry = secrets.lower_bound(prefix); entry != secrets.end() && entry->first.starts_with(prefix); ++entry) {
    std::string_view rest = std::string_view(entry->first).substr(prefix.size());
    uint64_t serial = 0;
    if (!rest.empty()) {
      if (rest.front() != '-' || !parse_number(rest.substr(1), serial)) continue;  // a secret of another mesh or use
    }
    Result<SigningKey> key = SigningKey::parse(secret_bytes(*entry->second));
    if (key.ok()) {
      ring.emplace(serial, *std::move(key));
    } else {
      log_warning("a secret that should hold a signing key does not",
                  {{"secret", entry->first}, {"reason", reason(key.status())}});
    }
  }
  return ring;
}

RevokedIds read_revocations(const World& world, std::string name) {
  const ResourcePtr secret = world.find({"GlobalSecret", "", std::move(name)});
  return secret == nullptr ? RevokedIds() : parse_revocations(secret_bytes(*secret));
}

}  // namespace

std::shared_ptr<const KeyRing> TokenKeys::keys(const World& world, std::string_view type, const std::string& mesh,
                                               const std::string& prefix) {
  std::shared_ptr<const World::Table> secrets = world.table(type, mesh);
  const std::lock_guard lock(mutex_);
  Entry& entry = by_prefix_[prefix];
  if (entry.keys == nullptr || entry.secrets != secrets) {
    entry.keys = std::make_shared<const KeyRing>(read_keys(*secrets, prefix));
    entry.secrets = std::move(secrets);
  }
  return entry.keys;
}

std::shared_ptr<const KeyRing> TokenKeys::dataplane_keys(const World& world, const std::string& mesh) {
  return keys(world, "Secret", mesh, cat("dataplane-token-signing-key-", mesh));
}

std::shared_ptr<const KeyRing> TokenKeys::user_keys(const World& world) {
  return keys(world, "GlobalSecret", "", "user-token-signing-key");
}

std::shared_ptr<const KeyRing> TokenKeys::zone_keys(const World& world) {
  return keys(world, "GlobalSecret", "", "zone-token-signing-key");
}

RevokedIds TokenKeys::revoked_dataplane_tokens(const World& world, std::string_view mesh) {
  return read_revocations(world, cat("dataplane-token-revocations-", mesh));
}

RevokedIds TokenKeys::revoked_user_tokens(const World& world) {
  return read_revocations(world, "user-token-revocations");
}

}  // namespace weft::cp
