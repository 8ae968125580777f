// Opens one connection of the mesh, as this proxy would for a request, and tells whom it met: for an operator who asks
// whether two workloads can talk, and why not. What answers is the real inbound of the other proxy, which judges and
// forwards one GET /. Waits on the socket for a bounded time, on the control thread, where only configuration waits.
#pragma once

#include <chrono>
#include <string>

#include "base/status.h"
#include "proxy/config/snapshot_builder.h"

namespace weft::proxy {

inline constexpr std::chrono::milliseconds kProbePatience{1500};

// `address`: "10.0.0.5:8080", an endpoint that this proxy knows. JSON text; what failed on the way is in it. Error: the
// proxy has no identity, or knows no such endpoint, or none that speaks mutual TLS.
Result<std::string> probe_mtls(const Configuration& configuration, const std::string& address);

}  // namespace weft::proxy
