// `weft-proxy run`: puts the parts together, in the order in which they depend on each other, and lives until it is
// told to stop.
#pragma once

#include "proxy/options.h"

namespace weft::proxy {

// The process's exit code. What went wrong at start is one line on standard error.
int run(const RunOptions& options);

}  // namespace weft::proxy
