#include "proxy/runtime/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>

#include "proxy/runtime/dead_peer.h"
#include "proxy/runtime/this_host.h"

namespace weft::proxy {
namespace {

// A descriptor on which connect() has begun, or minus an errno.
int begin_connect(const sockaddr* address, socklen_t length, Opening opening) {
  const int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const int on = 1;
  const int off = 0;
  if (address->sa_family != AF_UNIX) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (opening == Opening::kClientSpeaks) setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
  if (is_this_host(address)) {
    send_without_pacing(descriptor);
  } else {
    probe_when_idle(descriptor);  // this machine's own processes do not go without the kernel telling
  }
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
