// The two fields of WebSocket's handshake that HTTP/1.1 has and HTTP/2 has not (RFC 6455 section 4, RFC 8441 section
// 5.1): made and checked where an end needs them and the other knows nothing of them. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace weft::proxy {

class Head;

// A value for sec-websocket-key: sixteen bytes in base64. Not a secret: it only shows that who answers has read it.
std::string make_websocket_key(Random& random);
// The sec-websocket-accept that answers `key`.
std::string websocket_accept(std::string_view key);
// The value of sec-websocket-key or sec-websocket-accept in a head; empty: it has none.
std::string_view websocket_key(const Head& head, const char* base);
std::string_view websocket_accept(const Head& head, const char* base);

}  // namespace weft::proxy
