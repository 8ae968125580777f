// Brings the authorities of one Bundled MeshIdentity a step further: asks authority_rotation.h what is next, and says
// with which writes it is done. Whichever way the wanted authority changed (an operator asked for a new one, or put
// another into a secret or a file), the order is the same. Pure but for making keys; used by the identities' chore, and
// without its writes by who wants to know how far it is.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "control-plane/generate/authority_rotation.h"
#include "control-plane/generate/published_trust.h"
#include "control-plane/identity/mesh_authority.h"
#include "control-plane/resource/place.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// One proxy of a mesh that has an identity, or should have.
struct ProxyTrust {
  std::string name;
  bool by_this_identity = false;  // it is the one that counts for the proxy
  bool is_connected = false;
  bool has_confirmed = false;  // it runs with what is believed now
  uint64_t shown_issuer = 0;   // of the certificate it shows; 0: none
  std::chrono::sys_seconds shown_until{};
};
// The proxies that an identity concerns, by name: all of its mesh that have one. `revision`: of what is to be believed.
using AskProxies =
    std::function<std::vector<ProxyTrust>(const World& world, const Resource& identity, uint64_t revision)>;

struct IdentityAuthorities {
  Result<MeshAuthority> wanted;  // checked; an error: none that is usable
  std::string domain;
  std::chrono::seconds lifetime;  // of certificates
};

RotationFacts rotation_facts(const World& world, const Resource& identity, const RotationState& state,
                             const IdentityAuthorities& authorities, const AskProxies& ask,
                             std::chrono::sys_seconds now);

// Appends what is to be written beside the identity, and changes its status. `publishes`: it has a MeshTrust of its
// own.
struct Succession {
  const World& world;
  const Place& place;
  const Resource& identity;
  const IdentityAuthorities& authorities;
  bool publishes = true;

  // Error: a new authority could not be made.
  Status advance(const AskProxies& ask, std::chrono::sys_seconds now, v1::MeshIdentityStatus& status,
                 std::vector<Write>& writes) const;
};

// A secret that an identity keeps an authority in; replaces `stored` when it is not null.
Write authority_secret_write(const Place& place, ResourceKey key, const std::string& text, const ResourcePtr& stored);

}  // namespace weft::cp
