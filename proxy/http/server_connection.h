// Serves HTTP on one accepted connection until it ends: reads heads, lets an exchange answer each, keeps the connection
// alive, drains it; hands it over when its first bytes are HTTP/2's. Worker's thread only.
#pragma once

#include <chrono>
#include <memory>

#include "policies/request.h"
#include "proxy/route/route.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

class Upstreams;  // proxy/upstream/upstreams.h: this worker's connection pools and balancers

// To receive a head, where no policy says anything.
inline constexpr std::chrono::seconds kDefaultHeadersTimeout{60};

// `current` is called for every request and gives the listener as the worker's newest snapshot has it (never null while
// the connection is served; a listener that was removed keeps its last form), good until the task waits. The caller has
// registered the connection: when it wants the connection gone it calls connection.cancel(), and the task ends soon.
// When a drain begins it sets the worker's flag and calls connection.nudge(): a reader that waits between two requests
// is resumed, finds nothing to read and the flag set.
struct ListenerView {
  virtual ~ListenerView() = default;
  virtual const std::shared_ptr<const Listener>& current() const = 0;
};

// `peer` says who the other end is; what it points to lives as long as the connection.
Task<void> serve_http1(Worker& worker, Upstreams& upstreams, const ListenerView& listener, Connection& connection,
                       Peer peer);

}  // namespace weft::proxy
