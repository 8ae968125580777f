// The one canonical request: what policies judge is what is forwarded. Views into the connection's buffer, valid until
// the request ends; nothing is copied. Made by the protocol code after normalisation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weft {

struct Header {
  std::string_view name;  // as it came; compare without case
  std::string_view value;
};

// The other end of a connection. Views into what the connection owns.
struct Peer {
  // By mutual TLS of the mesh. Otherwise nothing is known of it: it came without TLS, or the proxy has no identity.
  bool authenticated = false;
  // SPIFFE ID; empty unless authenticated.
  std::string_view identity;
  // The name it asked for (SNI); empty unless authenticated.
  std::string_view server_name;
};

struct Request {
  std::string_view method;
  std::string_view path;  // normalised, with the query
  std::string_view authority;
  std::span<const Header> headers;
  Peer peer;
  // IP address of the client; empty when no policy of the route asks for it (Policy::reads_source).
  std::string_view source;
  // Random, another one for each request; with `source`.
  uint64_t lot = 0;
};

}  // namespace weft
