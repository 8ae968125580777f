// The port for Prometheus joined to what the engine knows: targets as assignments.
#pragma once

#include <memory>

#include "base/status.h"
#include "control-plane/options.h"
#include "control-plane/source/monitoring_server.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {

// Null when it is switched off, and on a global control plane, which knows no addresses. `worlds` must outlive it.
// Error: what could not be read or bound, and why.
Result<std::unique_ptr<MonitoringServer>> start_monitoring(const Options& options, const WorldPublisher& worlds);

}  // namespace weft::cp
