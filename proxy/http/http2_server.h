// Serves HTTP/2 on one accepted connection until it ends: an exchange for every stream, all at once. Drains it when the
// worker drains, when it has lived long enough, and when its client is not welcome any more. Worker's thread only.
#pragma once

#include <string_view>

#include "proxy/http/client_end.h"
#include "proxy/http/receive_buffer.h"
#include "proxy/http/server_connection.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

// What a client of HTTP/2 says first (RFC 9113 section 3.4).
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// `received` begins with the preface. `caller` outlives the task. As serve_http1() otherwise.
Task<void> serve_http2(Worker& worker, Upstreams& upstreams, const ListenerView& listener, Connection& connection,
                       const Caller& caller, ReceiveBuffer received);

}  // namespace weft::proxy
