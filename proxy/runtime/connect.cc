#include "proxy/runtime/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>

#include "proxy/runtime/dead_peer.h"

namespace weft::proxy {
namespace {

// This machine's own processes do not go without the kernel telling.
bool may_vanish(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET;
  }
  return address->sa_family == AF_INET6 &&
         !IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

// A descriptor on which connect() has begun, or minus an errno.
int begin_connect(const sockaddr* address, socklen_t length, Opening opening) {
  const int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const int on = 1;
  const int off = 0;
  if (address->sa_family != AF_UNIX) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (opening == Opening::kClientSpeaks) setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
  if (may_vanish(address)) probe_when_idle(descriptor);
  if (connect(descriptor, address, length) == 0 || errno == EINPROGRESS) return descriptor;
  const int error = errno;
  close(descriptor);
  return -error;
}

}  // namespace

Task<ConnectResult> connect_to(EventLoop& loop, const sockaddr* address, socklen_t length, TimePoint deadline,
                               ConnectCancel* cancel, Opening opening) {
  ConnectResult result;
  if (cancel != nullptr && cancel->cancelled_) {
    result.cancelled = true;
    co_return result;
  }
  const int descriptor = begin_connect(address, length, opening);
  if (descriptor < 0) {
    result.error = -descriptor;
    co_return result;
  }
  auto connection = std::make_unique<Connection>(loop, descriptor, Connection::State::kConnecting);
  if (cancel != nullptr) cancel->connection_ = connection.get();
  const Wake wake = co_await connection->writable(deadline);
  if (cancel != nullptr) cancel->connection_ = nullptr;
  result.timed_out = wake == Wake::kDeadline;
  result.cancelled = wake == Wake::kCancelled;
  if (wake == Wake::kReady) result.error = connection->take_error();
  if (wake == Wake::kReady && result.error == 0) result.connection = std::move(connection);
  co_return result;
}

}  // namespace weft::proxy
