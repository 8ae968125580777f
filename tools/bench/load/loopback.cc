#include "tools/bench/load/loopback.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"

namespace weft::bench {
namespace {

sockaddr_in loopback(uint16_t port) {
  return {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
}

int without_delay(int descriptor) {
  const int on = 1;
  if (descriptor >= 0) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

}  // namespace

Result<std::pair<int, uint16_t>> listen_on_loopback(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(descriptor, generic, length) != 0 || listen(descriptor, 4096) != 0 ||
      getsockname(descriptor, generic, &length) != 0) {
    const int error = errno;
    close(descriptor);
    return errno_status(cat("listen on 127.0.0.1:", port), error);
  }
  return std::pair(descriptor, ntohs(address.sin_port));
}

int accept_from(int listener) {
  return without_delay(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int connect_to_loopback(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(descriptor);
    return -1;
  }
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  return without_delay(descriptor);
}

}  // namespace weft::bench
