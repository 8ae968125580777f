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

struct Request {
  std::string_view method;
  std::string_view path;  // normalised, with the query
  std::string_view authority;
  std::span<const Header> headers;
  // SPIFFE ID of the peer, empty without mutual TLS.
  std::string_view peer_identity;
};

}  // namespace weft
