// What exists without anybody writing it: the mesh "default", and with every mesh its token signing key and its first
// policies. They are ordinary resources: whoever deletes one keeps it deleted.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/place.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// A new signing key as PEM. Takes its time (50 to 200 ms).
using KeyMaker = std::function<Result<std::string>()>;

// The resources to be stored in the same transaction as a new mesh: its signing key, and its first policies without the
// types in its skipCreatingInitialPolicies ("*": all). Pure but for the key.
Result<std::vector<ResourcePtr>> mesh_companions(const Resource& mesh, const Place& place, const KeyMaker& make_key);

// Creates the mesh "default" with its first policies unless it exists. Blocks on the store. The key takes longer than
// all else of a start, so it comes separately.
Status create_default_mesh(Store& store, const World& world, const Place& place);

// Creates the first signing key of a mesh that has none; without such a mesh there is nothing to do.
Status create_signing_key(Store& store, const World& world, const std::string& mesh, const Place& place,
                          const KeyMaker& make_key);

// Creates the key that signs user tokens and the administrator's own token (GlobalSecrets "user-token-signing-key-1"
// and "admin-user-token", valid for ten years) unless there is such a key.
Status create_admin_token(Store& store, const World& world, const Place& place, Time now);

// Creates the key that signs zone tokens (GlobalSecret "zone-token-signing-key-1") unless there is such a key; a zone
// below a global control plane has none.
Status create_zone_signing_key(Store& store, const World& world, const Place& place, const KeyMaker& make_key);

}  // namespace weft::cp
