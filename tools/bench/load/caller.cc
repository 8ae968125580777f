#include "tools/bench/load/caller.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace weft::bench {

void Caller::open() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const LoadOptions& options = calls_.options;
  line_.emplace(calls_.poller, *this, descriptor, options.tls ? calls_.tls : nullptr, Stream::Role::kClient);
  if (options.resume) line_->stream().resume_last_session();
  phase_ = Phase::kConnecting;
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  (void)connect(descriptor, reinterpret_cast<const sockaddr*>(&options.target), sizeof(sockaddr_in));
  calls_.poller.add(descriptor, EPOLLOUT, *this);
}

void Caller::on_events(uint32_t events) {
  if (!line_) return;
  if (phase_ == Phase::kConnecting) {
    if (events & (EPOLLERR | EPOLLHUP)) return fail(calls_.faults.connect);
    calls_.poller.change(line_->stream().descriptor(), EPOLLIN, *this);
    phase_ = Phase::kHandshaking;
  }
  if (phase_ == Phase::kHandshaking) return shake_hands();
  if (events & EPOLLOUT) {
    if (!line_->flush()) return fail(calls_.faults.closed);
    if (!line_->sending()) drained();
  }
  if (!(events & ~EPOLLOUT)) return;
  do {
    receive();
  } while (connected() && line_->stream().has_pending());
}

void Caller::shake_hands() {
  switch (line_->stream().handshake()) {
    case Stream::Handshake::kUnderWay: return;
    case Stream::Handshake::kFailed: return fail(calls_.faults.connect);
    case Stream::Handshake::kDone: break;
  }
  calls_.handshakes += calls_.options.tls ? 1 : 0;
  calls_.resumed += line_->stream().resumed() ? 1 : 0;
  phase_ = Phase::kOpen;
  opened();
}

void Caller::receive() {
  static char buffer[256 * 1024];
  if (!connected()) return;
  const ssize_t count = line_->stream().read(buffer, sizeof buffer);
  if (count < 0 && errno == EAGAIN) return;
  if (count > 0) return received({buffer, static_cast<size_t>(count)});
  if (!idle()) return fail(calls_.faults.closed);
  drop();  // closed by the peer while it owed nothing
  calls_.faults.closed += calls_.options.hold ? 1 : 0;
}

void Caller::send(std::string_view bytes) {
  if (!line_->send(bytes)) fail(calls_.faults.closed);
}

void Caller::fail(uint64_t& counter) {
  drop();
  lost(counter);
}

void Caller::bad_status(int status) {
  if (calls_.first_bad_status == 0) calls_.first_bad_status = status;
}

std::string path_of(const LoadOptions& options) { return cat('/', options.size); }

std::string padding_of(const LoadOptions& options) {
  constexpr size_t kSize = 131, kOthers = 80;  // what HTTP/1.1 takes without path, host and padding
  return std::string(kSize - std::min(kSize, kOthers + options.host.size() + path_of(options).size()), 'p');
}

std::unique_ptr<Caller> make_caller(Calls& calls) {
  switch (calls.options.protocol) {
    case Protocol::kHttp1: return make_http1_caller(calls);
    case Protocol::kWebSocket: return make_websocket_caller(calls);
    case Protocol::kHttp2:
    case Protocol::kGrpc:
    case Protocol::kGrpcStream: break;
  }
  return make_http2_caller(calls);
}

}  // namespace weft::bench
