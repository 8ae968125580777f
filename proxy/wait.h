// `weft-proxy wait`: asks a proxy whether it is ready until it is; for start scripts and container hooks. Blocking,
// main thread.
#pragma once

#include "base/status.h"
#include "proxy/options.h"

namespace weft::proxy {

// Asks once. Ok: answered 200. Any failure says what came instead.
Status ask_ready(const WaitOptions& options);
// Asks until it is ready or the timeout is over.
Status wait_until_ready(const WaitOptions& options);

}  // namespace weft::proxy
