// Socket addresses as people write them. Pure functions; any thread.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::proxy {

// "10.0.0.5:8080", "[2001:db8::1]:8080"; an IPv4 address mapped into IPv6 as IPv4; empty for other families.
std::string address_text(const sockaddr_storage& address);

// An IP address and a port as a socket address; 0 when `ip` is not an IP address, else the length of the address.
socklen_t parse_address(std::string_view ip, uint16_t port, sockaddr_storage& address);

}  // namespace weft::proxy
