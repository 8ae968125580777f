#include "proxy/runtime/connection.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "proxy/runtime/address.h"
#include "proxy/runtime/late_flush.h"
#include "proxy/runtime/tls_layer.h"

namespace weft::proxy {
namespace {

// A message of several pieces up to this size is joined before it is sent: the kernel takes longer to read a list of
// pieces than it takes to copy so few bytes.
constexpr size_t kCopied = 2048;

}  // namespace

Connection::Connection(EventLoop& loop, int descriptor, State state)
    : loop_(loop), opened_(loop.now()), descriptor_(descriptor) {
  writer_.ready = state == State::kConnected;
  loop_.add(descriptor_, this);
}

Connection::~Connection() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  if (tls_ != nullptr && !reset_on_close_) tls_->close_notify();
  loop_.remove(descriptor_, this);
  if (tls_ != nullptr && !reset_on_close_ && tls_->pending()) {
    // The caller has been told that it was written.
    LateFlush::start(loop_, descriptor_, std::string(tls_->ciphertext()));
    return;
  }
  if (reset_on_close_) {
    const linger abort{.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  }
  close(descriptor_);
}

IoResult Connection::try_read(std::span<char> buffer) {
  return tls_ == nullptr ? socket_read(buffer) : tls_->read(buffer);
}

IoResult Connection::peek(std::span<char> buffer) {
  for (;;) {
    const ssize_t result = recv(descriptor_, buffer.data(), buffer.size(), MSG_PEEK);
    if (result > 0) return {.bytes = static_cast<size_t>(result)};
    if (result == 0) return {.closed = true};
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return {.error = errno};
    reader_.ready = false;
    return {.would_block = true};
  }
}

IoResult Connection::socket_read(std::span<char> buffer) {
  ssize_t result;
  do {
    result = recv(descriptor_, buffer.data(), buffer.size(), 0);
  } while (result < 0 && errno == EINTR);
  return received(result, buffer.size());
}

IoResult Connection::received(ssize_t result, size_t wanted) {
  if (result > 0) {
    const auto bytes = static_cast<size_t>(result);
    // Short: drained, and new data is a new edge. After the peer's close no edge comes any more, so it stays worth a
    // try.
    if (bytes < wanted && !peer_closed_) reader_.ready = false;
    return {.bytes = bytes};
  }
  if (result == 0) {
    peer_closed_ = true;
    return {.closed = true};
  }
  if (errno == EAGAIN) {
    reader_.ready = false;
    return {.would_block = true};
  }
  const int error = errno;
  // The kernel says EPIPE for a reset that came after the peer's orderly close, ECONNRESET for a bare one.
  reset_by_peer_ |= error == ECONNRESET;
  peer_closed_ = true;
  return {.error = error};
}

// A pipe takes fewer bytes than it could when they come in many small pieces, so a short move says nothing.
IoResult Connection::splice_into(int pipe, size_t limit) {
  ssize_t result;
  do {
    result = splice(descriptor_, nullptr, pipe, nullptr, limit, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (result < 0 && errno == EINTR);
  if (result < 0 && errno == EINVAL) return {.error = EINVAL};  // not of this socket; nothing is lost
  return received(result, 1);
}

IoResult Connection::splice_from(int pipe, size_t size) {
  ssize_t result;
  do {
    result = splice(pipe, nullptr, descriptor_, nullptr, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (result < 0 && errno == EINTR);
  return written(result, size);
}

IoResult Connection::written(ssize_t result, size_t wanted) {
  if (result >= 0) {
    bytes_written_ += static_cast<uint64_t>(result);
    if (static_cast<size_t>(result) < wanted) writer_.ready = false;
    return {.bytes = static_cast<size_t>(result)};
  }
  if (errno == EAGAIN) {
    writer_.ready = false;
    return {.would_block = true};
  }
  const int error = errno;
  reset_by_peer_ |= error == ECONNRESET;
  return {.error = error};
}

IoResult Connection::try_write(std::span<const iovec> pieces) {
  if (tls_ != nullptr) return tls_->write(pieces);
  size_t wanted = 0;
  for (const iovec& piece : pieces) wanted += piece.iov_len;
  if (pieces.size() == 1) return try_write({static_cast<const char*>(pieces[0].iov_base), wanted});
  if (wanted <= kCopied) {
    char joined[kCopied];
    size_t size = 0;
    for (const iovec& piece : pieces) {
      std::memcpy(joined + size, piece.iov_base, piece.iov_len);
      size += piece.iov_len;
    }
    return try_write({joined, size});
  }
  msghdr message{};
  message.msg_iov = std::bit_cast<iovec*>(pieces.data());  // sendmsg() does not write to it
  message.msg_iovlen = pieces.size();
  ssize_t result;
  do {
    result = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  } while (result < 0 && errno == EINTR);
  return written(result, wanted);
}

IoResult Connection::try_write(std::span<const char> bytes) {
  if (tls_ == nullptr) return socket_write(bytes);
  const iovec piece{std::bit_cast<char*>(bytes.data()), bytes.size()};
  return tls_->write({&piece, 1});
}

IoResult Connection::socket_write(std::span<const char> bytes) {
  ssize_t result;
  do {
    result = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (result < 0 && errno == EINTR);
  return written(result, bytes.size());
}

void Connection::Side::resume(Wake reason) {
  wake = reason;
  std::exchange(waiter, nullptr).resume();
}

void Connection::Side::on_timer() {
  if (waiter) resume(Wake::kDeadline);
}

void Connection::on_events(uint32_t events) {
  constexpr uint32_t kGone = EPOLLHUP | EPOLLERR;
  const bool gone = (events & kGone) != 0;
  if ((events & (EPOLLRDHUP | kGone)) != 0) peer_closed_ = true;
  const bool read = gone || (events & (EPOLLIN | EPOLLRDHUP)) != 0;
  bool write = gone || (events & EPOLLOUT) != 0;
  if (read) reader_.ready = true;
  if (write) writer_.ready = true;
  if (tls_ != nullptr) {
    if (read) tls_->socket_readable();
    if (write && tls_->pending() && !tls_->flush()) write = false;
  }
  if (read && !call_idle_callback()) return;
  wake_sides(read, write, Wake::kReady);
}

void Connection::nudge() {
  nudged_ = true;
  wake_sides(true, false, Wake::kReady);
}

bool Connection::call_idle_callback() {
  if (reader_.waiter || idle_callback_ == nullptr) return true;
  Tripwire tripwire(*this);
  idle_callback_(idle_owner_, *this);
  return !tripwire.destroyed();
}

void Connection::cancel() {
  if (std::exchange(cancelled_, true)) return;
  if (!call_idle_callback()) return;
  wake_sides(true, true, Wake::kCancelled);
}

void Connection::wake_sides(bool reader, bool writer, Wake reason) {
  if (reader && reader_.waiter) {
    loop_.disarm(reader_);
    Tripwire tripwire(*this);
    reader_.resume(reason);
    if (tripwire.destroyed()) return;
  }
  if (!writer || !writer_.waiter) return;
  loop_.disarm(writer_);
  writer_.resume(reason);
}

void Connection::start_tls(std::unique_ptr<TlsStream> stream, BufferPool& buffers) {
  tls_ = std::make_unique<TlsLayer>(*this, buffers, std::move(stream));
}

void Connection::drop_tls() { tls_.reset(); }

Peer Connection::peer() const {
  if (tls_ == nullptr || !tls_->stream().established()) return {};
  return {
      .authenticated = true, .identity = tls_->stream().peer().spiffe_id, .server_name = tls_->stream().server_name()};
}

uint64_t Connection::trust_version() const { return tls_ == nullptr ? 0 : tls_->stream().trust_version(); }

void Connection::shutdown_write() {
  if (tls_ != nullptr) return tls_->shutdown_write();
  shutdown(descriptor_, SHUT_WR);
}

int Connection::take_error() {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

bool Connection::nothing_acknowledged_after(uint64_t offset) const {
  if (reset_by_peer_) return false;
  tcp_info state{};
  socklen_t length = sizeof state;
  if (getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &state, &length) != 0) return false;
  if (length < offsetof(tcp_info, tcpi_bytes_acked) + sizeof state.tcpi_bytes_acked) return false;
  // The side that opened the connection counts its SYN as one byte.
  return state.tcpi_bytes_acked <= offset + 1;
}

std::string Connection::peer_address() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return address_text(address);
}

}  // namespace weft::proxy
