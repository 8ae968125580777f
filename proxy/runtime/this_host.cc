#include "proxy/runtime/this_host.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <string_view>

namespace weft::proxy {

bool is_this_host(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  return address->sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

void send_without_pacing(int descriptor) {
  // The one that every kernel has and everybody may choose.
  constexpr std::string_view kPlain = "reno";
  setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, kPlain.data(), kPlain.size());
}

}  // namespace weft::proxy
