// How an accepted connection begins: on an inbound listener of a proxy with an identity, with the mesh's TLS (Strict),
// or with what the client's first bytes say (Permissive). Everything that happens before it is known who is at the
// other end. Worker's thread only.
#pragma once

#include "proxy/http/server_connection.h"
#include "proxy/net/session.h"
#include "proxy/route/route.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

enum class Entrance : uint8_t {
  kServe,  // as the destination says; the connection knows who it is
  kPass,   // TLS that is the application's own: bytes both ways, whatever the destination says
  kEnd,    // refused, or gone
};

Task<Entrance> enter(Worker& worker, const ListenerView& view, Session& session);

}  // namespace weft::proxy
