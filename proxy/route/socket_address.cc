#include "proxy/route/socket_address.h"

#include <arpa/inet.h>

#include "base/text.h"

namespace weft::proxy {

std::optional<SocketAddress> SocketAddress::parse(const std::string& ip, uint16_t port) {
  SocketAddress address;
  sockaddr_in v4{};
  if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&address.bytes_, &v4, sizeof v4);
    return address;
  }
  if (inet_pton(AF_INET6, ip.c_str(), &address.bytes_.sin6_addr) != 1) return std::nullopt;
  address.bytes_.sin6_family = AF_INET6;
  address.bytes_.sin6_port = htons(port);
  return address;
}

std::string SocketAddress::text() const {
  char ip[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &bytes_, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, ip, sizeof ip);
    return cat(std::string_view(ip), ":", ntohs(v4.sin_port));
  }
  inet_ntop(AF_INET6, &bytes_.sin6_addr, ip, sizeof ip);
  return cat("[", std::string_view(ip), "]:", ntohs(bytes_.sin6_port));
}

}  // namespace weft::proxy
