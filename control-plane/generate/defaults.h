// What exists without anybody writing it: the mesh "default", and with every mesh its token signing key and its first
// policies. They are ordinary resources: whoever deletes one keeps it deleted.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// A new signing key as PEM. Takes its time (50 to 200 ms).
using KeyMaker = std::function<Result<std::string>()>;

// The resources to be stored in the same transaction as a new mesh. Policies of the types in its
// skipCreatingInitialPolicies ("*": all) are left out. Pure but for the key.
Result<std::vector<ResourcePtr>> mesh_companions(const Resource& mesh, const std::string& zone,
                                                 const KeyMaker& make_key);

// Creates the mesh "default" with its companions unless it exists. Blocks on the store; `make_key` is only asked when
// needed.
Status create_default_mesh(Store& store, const World& world, const std::string& zone, const KeyMaker& make_key);

// Creates the key that signs user tokens and the administrator's own token (GlobalSecrets "user-token-signing-key-1"
// and "admin-user-token", valid for ten years) unless there is such a key.
Status create_admin_token(Store& store, const World& world, const std::string& zone, Time now);

}  // namespace weft::cp
