// Which way a connection goes on a listener with server names: by the name its TLS asks for (SNI). Looks at the first
// bytes without taking them, so that they go on as they came. Worker's thread only.
#pragma once

#include "proxy/http/server_connection.h"
#include "proxy/net/entrance.h"
#include "proxy/net/session.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

// kPass with a destination: the name leads there. kServe: to the listener's own, by the rules of that one. kSilent: the
// same, for one that has said nothing yet. kEnd: nowhere, which is counted and said.
Task<Entered> choose_by_name(Worker& worker, const ListenerView& view, Session& session);

}  // namespace weft::proxy
