// Labels that a generated service takes over from its dataplanes. Which ones it took is remembered in labels of its own
// (kuma.io/pkey-<hash of the key>), so that what the dataplanes withdraw is withdrawn from the service, and what
// somebody else wrote there is not. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "control-plane/engine/mesh_census.h"

namespace weft::cp {

// For each key the value most of `instances` carry; of several the newest instance's, then the smallest. `keys`: which;
// empty: all that are not reserved; null: none.
void propagate_labels(const std::vector<InstancePtr>& instances, const std::vector<std::string>* keys, Labels& labels);

}  // namespace weft::cp
