// The signing keys and revocation lists that a World holds as secrets, ready to use. Reading a key costs more than
// checking a token with it, so what was read is kept for as long as the secrets it came from are the same. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "control-plane/identity/signing_key.h"
#include "control-plane/store/world.h"

namespace weft::cp {

using RevokedIds = std::set<std::string, std::less<>>;

class TokenKeys {
 public:
  // Secrets "dataplane-token-signing-key-<mesh>-<serial>". Never null; a secret that holds no key is left out and
  // logged.
  std::shared_ptr<const KeyRing> dataplane_keys(const World& world, const std::string& mesh);
  // GlobalSecrets "user-token-signing-key-<serial>"; serial 0 has a name without it.
  std::shared_ptr<const KeyRing> user_keys(const World& world);

  // GlobalSecrets "zone-token-signing-key-<serial>"; the same.
  std::shared_ptr<const KeyRing> zone_keys(const World& world);

  // GlobalSecret "dataplane-token-revocations-<mesh>".
  static RevokedIds revoked_dataplane_tokens(const World& world, std::string_view mesh);
  // GlobalSecret "user-token-revocations".
  static RevokedIds revoked_user_tokens(const World& world);

 private:
  struct Entry {
    std::shared_ptr<const World::Table> secrets;  // what `keys` was made of
    std::shared_ptr<const KeyRing> keys;
  };
  std::shared_ptr<const KeyRing> keys(const World& world, std::string_view type, const std::string& mesh,
                                      const std::string& prefix);

  std::mutex mutex_;
  std::map<std::string, Entry> by_prefix_;
};

}  // namespace weft::cp
