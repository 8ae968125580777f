// Where an instance is dialled: an IPv4 or IPv6 address and a port, in the bytes they need. A value; any thread.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace weft::proxy {

class SocketAddress {
 public:
  // Of no family: nothing can be dialled there.
  SocketAddress() = default;
  // Nothing when `ip` is not an IP address.
  static std::optional<SocketAddress> parse(const std::string& ip, uint16_t port);

  // As the kernel takes it.
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes_); }
  socklen_t length() const { return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }
  sa_family_t family() const { return bytes_.sin6_family; }
  // "10.0.0.5:8080", "[2001:db8::1]:8080".
  std::string text() const;

  std::string_view bytes() const { return {reinterpret_cast<const char*>(&bytes_), sizeof bytes_}; }
  bool operator==(const SocketAddress& other) const { return bytes() == other.bytes(); }

 private:
  sockaddr_in6 bytes_{};  // or a sockaddr_in and zeros
};

}  // namespace weft::proxy
