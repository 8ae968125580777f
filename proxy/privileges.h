// Gives away for good what a proxy never needs: capabilities, programs that run with more rights, being looked into by
// other processes, and system calls it does not make. Called on the main thread before any other is started, since
// capabilities belong to threads.
#pragma once

#include <cstdint>

#include "base/status.h"

namespace weft::proxy {

// First of all: every capability but that to listen on ports below 1024. Files that are made from now on are their
// owner's alone; no core dumps, no debugger, no program with more rights.
Status drop_privileges();

// Second, when it is known which ports are asked for: that capability too unless `low_ports`; from now on only the
// system calls of a proxy, where the kernel can filter them. Says in the log what is left.
Status seal_privileges(bool low_ports);

// Bits by number, of the calling thread. 0 once sealed: that may not be asked any more.
uint64_t effective_capabilities();

}  // namespace weft::proxy
