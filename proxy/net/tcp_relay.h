// Carries one accepted connection to an endpoint, as opaque bytes (byte_relay.h). A client that said nothing when it
// came is carried by whoever speaks first, and no service waits for its client to do so. Worker's thread only.
#pragma once

#include "policies/request.h"
#include "proxy/net/entrance.h"
#include "proxy/net/session.h"
#include "proxy/route/route.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"
#include "proxy/upstream/upstreams.h"

namespace weft::proxy {

// Ends when both directions have, at a deadline of `destination`'s plans, or soon after session.cancel(). Without an
// upstream connection the client sees a reset: a clean end could pass for an empty answer. A peer that may not talk is
// closed before anybody is called. `entrance`: kServe, kPass or kSilent. `destination` and what `peer` points to
// outlive the task.
Task<void> tcp_relay(Worker& worker, Upstreams& upstreams, const ListenerView& view, const Destination& destination,
                     Session& session, Peer peer, Entrance entrance);

// Whether what is being relayed may go on under `destination` as it is now. False: counted and said.
bool still_allowed(Worker& worker, const Destination& destination, const Connection& downstream, const Peer& peer);

}  // namespace weft::proxy
