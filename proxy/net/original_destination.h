// Where a connection was going before a firewall rule sent it here (SO_ORIGINAL_DST, REDIRECT of iptables): for
// listeners of transparent proxying. What the kernel hands back is read like any foreign bytes. Any thread.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <optional>
#include <span>

namespace weft::proxy {

// The bytes of a sockaddr_in or sockaddr_in6, as getsockopt() gives them; an IPv4 address mapped into IPv6 becomes
// IPv4. nullopt: neither, too short, or without address and port.
std::optional<sockaddr_storage> parse_original_destination(std::span<const std::byte> bytes);

// Of an accepted connection; nullopt: it was not redirected. One that was sent to the listener itself names the
// listener, so whoever asks compares.
std::optional<sockaddr_storage> original_destination(int descriptor);

}  // namespace weft::proxy
