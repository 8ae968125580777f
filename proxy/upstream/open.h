// Opens one connection to an endpoint: TCP, and the mesh's TLS on it where the endpoint set says who answers. Without a
// certificate of its own the proxy does not go there. Worker's thread only.
#pragma once

#include <memory>
#include <string>

#include "policies/outcome.h"
#include "proxy/route/route.h"
#include "proxy/runtime/connect.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"
#include "proxy/tls/stream.h"
#include "proxy/upstream/upstreams.h"

namespace weft::proxy {

// Either `connection` is set, or why is said.
struct Opened {
  std::unique_ptr<Connection> connection;
  Reason failure = Reason::kNone;
  bool cancelled = false;
  std::string detail;  // of a TLS failure: "wrong_identity: another identity than expected"
};

// What speaks for this proxy on connections to `set`; null: they are plaintext.
const std::shared_ptr<const TlsMaterial>* material_for(const Worker& worker, const EndpointSet& set);

// TCP and handshake together by `deadline`. `set` outlives the task.
Task<Opened> open_connection(Worker& worker, Upstreams& upstreams, const EndpointSet& set, const Endpoint& endpoint,
                             TlsApplication application, TimePoint deadline, ConnectCancel& cancel);

}  // namespace weft::proxy
