#include "proxy/http2/session.h"

#include "proxy/http2/wire_session.h"
#include "proxy/runtime/head_room.h"

namespace weft::proxy {

// Many requests share a connection with our own: as long as each stream has a window, the connection's must never be
// what stops them, or some whose bytes nobody takes would stop all others.
Http2Limits Http2Limits::of(const Worker& worker, Http2Peer peer) {
  Http2Limits limits;
  limits.glitches = worker.limits.glitches;
  if (peer == Http2Peer::kStranger) return limits;
  limits.connection_window = limits.own_connection_window;
  limits.max_head_bytes += kAddedHeadBytes;
  limits.max_headers += kAddedFields;
  return limits;
}

std::unique_ptr<Http2Session> Http2Session::make(Worker& worker, Connection& connection, Side side,
                                                 const Http2Limits& limits, Keeper& keeper) {
  return std::make_unique<WireSession>(worker, connection, side, limits, keeper);
}

}  // namespace weft::proxy
