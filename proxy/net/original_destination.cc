#include "proxy/net/original_destination.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace weft::proxy {
namespace {

// SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST; the kernel's headers that name them do not go with netinet's.
constexpr int kOriginalDestination = 80;

std::optional<sockaddr_storage> ipv4(const in_addr& address, in_port_t port) {
  if (address.s_addr == INADDR_ANY || port == 0) return std::nullopt;
  sockaddr_storage out{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  v4.sin_family = AF_INET;
  v4.sin_addr = address;
  v4.sin_port = port;
  return out;
}

std::optional<sockaddr_storage> ipv6(const sockaddr_in6& given) {
  if (IN6_IS_ADDR_V4MAPPED(&given.sin6_addr)) {
    in_addr address;
    std::memcpy(&address, &given.sin6_addr.s6_addr[12], sizeof address);
    return ipv4(address, given.sin6_port);
  }
  if (IN6_IS_ADDR_UNSPECIFIED(&given.sin6_addr) || given.sin6_port == 0) return std::nullopt;
  sockaddr_storage out{};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = given.sin6_addr;
  v6.sin6_port = given.sin6_port;
  v6.sin6_scope_id = given.sin6_scope_id;
  return out;
}

}  // namespace

std::optional<sockaddr_storage> parse_original_destination(std::span<const std::byte> bytes) {
  sa_family_t family = 0;
  if (bytes.size() < sizeof family) return std::nullopt;
  std::memcpy(&family, bytes.data(), sizeof family);
  if (family == AF_INET && bytes.size() >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, bytes.data(), sizeof v4);
    return ipv4(v4.sin_addr, v4.sin_port);
  }
  if (family == AF_INET6 && bytes.size() >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6;
    std::memcpy(&v6, bytes.data(), sizeof v6);
    return ipv6(v6);
  }
  return std::nullopt;
}

std::optional<sockaddr_storage> original_destination(int descriptor) {
  for (const int level : {IPPROTO_IP, IPPROTO_IPV6}) {
    std::array<std::byte, sizeof(sockaddr_storage)> bytes{};
    socklen_t length = bytes.size();
    if (getsockopt(descriptor, level, kOriginalDestination, bytes.data(), &length) != 0) continue;
    return parse_original_destination({bytes.data(), std::min<size_t>(length, bytes.size())});
  }
  return std::nullopt;
}

}  // namespace weft::proxy
