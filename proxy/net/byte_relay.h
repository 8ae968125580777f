// Moves the bytes of two open connections from one to the other, both ways, until both have ended: a half close stays
// one, a reset stays one, a slow side slows the other, a side that is gone without a word is found. What is much and
// in clear on both sides goes through pipes, without being copied. Worker's thread only.
#pragma once

#include "policies/plan.h"
#include "proxy/net/asked_names.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

// Ends also at a deadline of `plan`, or soon after downstream.cancel(). `names` sees what the client says first.
Task<void> relay_bytes(Worker& worker, const ConnectionPlan& plan, DestinationCounters& counters,
                       Connection& downstream, Connection& upstream, AskedNames names);

}  // namespace weft::proxy
