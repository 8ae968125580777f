// What the API shows at /meshes/{mesh}/dataplanes/{name}/_effective: for each kind and place the effective conf, and
// for each of its fields which policy gave it. Pure function; any thread.
#pragma once

#include <string>

#include "base/status.h"
#include "control-plane/engine/placed_confs.h"

namespace weft::cp {

// JSON text. Error: not_found.
Result<std::string> effective_document(const World& world, const ResourceKey& dataplane, RuleIndexes& indexes,
                                       Shadow shadow = Shadow::kIgnore);

}  // namespace weft::cp
