#include "proxy/net/listening_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "proxy/runtime/address.h"
#include "proxy/runtime/dead_peer.h"
#include "proxy/runtime/this_host.h"

namespace weft::proxy {
namespace {

// The system cuts it down to net.core.somaxconn.
constexpr int kBacklog = 4096;

void turn_on(int descriptor, int level, int option) {
  const int on = 1;
  setsockopt(descriptor, level, option, &on, sizeof on);
}

Status failed(const std::string& name, int error) { return errno_status(name, error); }

}  // namespace

ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string listener_address(const std::string& ip, uint16_t port) {
  return ip.find(':') == std::string::npos ? cat(ip, ':', port) : cat('[', ip, "]:", port);
}

Result<std::vector<ListeningSocket>> open_listening_sockets(const std::string& ip, uint16_t port, unsigned count) {
  const std::string name = listener_address(ip, port);
  sockaddr_storage address{};
  const socklen_t length = parse_address(ip, port, address);
  if (length == 0) return invalid(cat(name, ": not an IP address"));

  std::vector<ListeningSocket> sockets;
  for (unsigned i = 0; i < count; ++i) {
    const int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return failed(name, errno);
    sockets.emplace_back(descriptor);
    // Connections of an earlier run that linger in TIME_WAIT do not hold the address.
    turn_on(descriptor, SOL_SOCKET, SO_REUSEADDR);
    if (address.ss_family == AF_INET6) turn_on(descriptor, IPPROTO_IPV6, IPV6_V6ONLY);
    // The first one binds alone, which finds any other holder, and shares the address with the rest afterwards.
    if (i > 0) turn_on(descriptor, SOL_SOCKET, SO_REUSEPORT);
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0) return failed(name, errno);
    if (i == 0 && count > 1) turn_on(descriptor, SOL_SOCKET, SO_REUSEPORT);
    // Accepted connections inherit these.
    turn_on(descriptor, IPPROTO_TCP, TCP_NODELAY);
    probe_when_idle(descriptor);
    if (is_this_host(reinterpret_cast<const sockaddr*>(&address))) send_without_pacing(descriptor);
  }
  // Listening only when all are bound: a socket that listens alone would be given all connections, and lose those of
  // its queue.
  for (const ListeningSocket& socket : sockets) {
    if (listen(socket.descriptor(), kBacklog) != 0) return failed(name, errno);
  }
  return sockets;
}

}  // namespace weft::proxy
