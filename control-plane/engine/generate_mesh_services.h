// Services nobody has to write: one MeshService for each workload, derived from the Dataplanes that carry the label
// kuma.io/workload. It touches only services it made itself. Pure: the caller says what time it is and stores the
// writes.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "control-plane/store/world.h"

namespace weft::cp {

struct GenerateOptions {
  // Label kuma.io/zone of what is generated; empty: none.
  std::string zone;
  // How long a service outlives its last Dataplane.
  std::chrono::seconds deletion_grace_period{3600};
};

// What has to be written so that the generated services fit the Dataplanes of `world`; empty when they do. Every write
// expects the revision it was derived from, so a lost race is a conflict and not an overwrite.
std::vector<Write> generate_mesh_services(const World& world, const GenerateOptions& options, Time now);

}  // namespace weft::cp
