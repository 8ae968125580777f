// Keeps the generated services in step with the Dataplanes: asks the engine what to write, and writes it.
#pragma once

#include <functional>

#include "base/status.h"
#include "control-plane/engine/generate_mesh_services.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {

// Blocks on the store. Ok also when there is nothing to do; a write that lost a race is derived again from what won.
Status update_mesh_services(Store& store, const WorldPublisher& worlds, const GenerateOptions& options,
                            const std::function<Time()>& clock);

}  // namespace weft::cp
