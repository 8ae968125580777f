// Carries the bytes of one accepted connection to an endpoint and back, as they come: a half close stays a half close,
// a reset becomes a reset, a slow side slows the other. Worker's thread only.
#pragma once

#include "policies/request.h"
#include "proxy/route/route.h"
#include "proxy/runtime/connect.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"
#include "proxy/upstream/upstreams.h"

namespace weft::proxy {

// Ends when both directions have, at a deadline of `destination`'s plans, or soon after downstream.cancel() and
// connecting.cancel(). Without an upstream connection the client sees a reset: a clean end could pass for an empty
// answer. A peer that may not talk is closed before anybody is called. `destination` and what `peer` points to outlive
// the task.
Task<void> tcp_relay(Worker& worker, Upstreams& upstreams, const Destination& destination, Connection& downstream,
                     Peer peer, ConnectCancel& connecting);

// Whether what is being relayed may go on under `destination` as it is now. False: counted and said.
bool still_allowed(Worker& worker, const Destination& destination, const Connection& downstream, const Peer& peer);

}  // namespace weft::proxy
