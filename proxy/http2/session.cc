#include "proxy/http2/session.h"

#include "proxy/http2/wire_session.h"

namespace weft::proxy {

std::unique_ptr<Http2Session> Http2Session::make(Worker& worker, Connection& connection, Side side,
                                                 const Http2Limits& limits, Keeper& keeper) {
  return std::make_unique<WireSession>(worker, connection, side, limits, keeper);
}

}  // namespace weft::proxy
