// Makes MeshIdentities work: gives each the authority it asks for, publishes that authority as a MeshTrust, and says in
// the identity's conditions how far it came. Keys are kept in the mesh's secrets and never reach a log. Owned by
// main.cc, on the thread of the chores.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "control-plane/generate/authority_succession.h"
#include "control-plane/generate/chores.h"
#include "control-plane/identity/mesh_authority.h"
#include "control-plane/resource/place.h"
#include "control-plane/store/world_publisher.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/secret_source.pb.h"

namespace weft::cp {

class IdentityChore {
 public:
  // After this an identity that cannot work, or whose authority is a file, is looked at again.
  static constexpr std::chrono::seconds kLookAgainAfter{30};
  static constexpr std::chrono::seconds kRetryAfter{2};
  // While an authority follows another, proxies are asked again this soon.
  static constexpr std::chrono::milliseconds kAskAgainAfter{500};

  // `clock`: UTC. `ask` is called while an authority follows another. `store` and `worlds` must outlive the chore.
  IdentityChore(Place place, Store& store, const WorldPublisher& worlds, std::function<Time()> clock, AskProxies ask)
      : place_(std::move(place)), store_(store), worlds_(worlds), clock_(std::move(clock)), ask_(std::move(ask)) {}

  // Blocks on the store, and on the making of a key. Returns when it wants to run again even if nothing changes.
  std::optional<Chores::SteadyTime> run(Chores::SteadyTime now);

 private:
  using Tables = std::vector<std::shared_ptr<const World::Table>>;
  class Reconciliation;

  const Place place_;
  Store& store_;
  const WorldPublisher& worlds_;
  const std::function<Time()> clock_;
  const AskProxies ask_;
  Tables seen_;  // with which nothing was left to do
};

}  // namespace weft::cp
