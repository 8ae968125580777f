#include "proxy/runtime/tls_layer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/runtime/connection.h"

namespace weft::proxy {
namespace {

using Step = TlsStream::Step;

// A handshake with everything a peer may send in it (RFC 8446 section 4.1.2 leaves room for 128 KB of extensions that
// nobody sends).
constexpr size_t kMaxHandshakeBytes = 48 * 1024;
constexpr char kHandshakeRecord = 22;

// The bytes of the next record: a stretch of one piece, or, when pieces are small, several joined in `scratch`.
class Cut {
 public:
  explicit Cut(std::span<const iovec> pieces) : pieces_(pieces) {
    for (const iovec& piece : pieces_) left_ += piece.iov_len;
    skip_empty();
  }
  size_t left() const { return left_; }
  std::span<const char> next(std::span<char, TlsStream::kRecord> scratch) const {
    const size_t size = std::min(left_, scratch.size());
    size_t at = at_;
    size_t offset = offset_;
    if (pieces_[at].iov_len - offset >= size) return {static_cast<const char*>(pieces_[at].iov_base) + offset, size};
    for (size_t joined = 0; joined < size; ++at, offset = 0) {
      const size_t taken = std::min(pieces_[at].iov_len - offset, size - joined);
      std::memcpy(scratch.data() + joined, static_cast<const char*>(pieces_[at].iov_base) + offset, taken);
      joined += taken;
    }
    return scratch.first(size);
  }
  void consume(size_t size) {
    left_ -= size;
    while (size > 0) {
      const size_t taken = std::min(pieces_[at_].iov_len - offset_, size);
      offset_ += taken;
      size -= taken;
      if (offset_ < pieces_[at_].iov_len) return;
      offset_ = 0;
      ++at_;
    }
    skip_empty();
  }

 private:
  void skip_empty() {
    while (left_ > 0 && pieces_[at_].iov_len == 0) ++at_;
  }
  const std::span<const iovec> pieces_;
  size_t left_ = 0;
  size_t at_ = 0;
  size_t offset_ = 0;
};

}  // namespace

TlsLayer::TlsLayer(Connection& connection, BufferPool& buffers, std::unique_ptr<TlsStream> stream)
    : connection_(connection),
      buffers_(buffers),
      stream_(std::move(stream)),
      vouched_version_(stream_->trust_version()),
      socket_ready_(connection.reader_.ready) {}

TlsLayer::~TlsLayer() = default;

bool TlsLayer::vouched_by(const TlsMaterial& material) {
  if (material.trust_version() == vouched_version_) return true;
  if (!stream_->vouched_by(material)) return false;
  vouched_version_ = material.trust_version();
  return true;
}

void TlsLayer::ensure_room() {
  if (out_) return;
  out_ = buffers_.take();
  sent_ = 0;
  stream_->pipe.out = {out_.bytes(), out_.size()};
  stream_->pipe.out_size = 0;
}

// False: nothing came, for now or (error_) for ever.
bool TlsLayer::receive() {
  if (!socket_ready_ || error_ != 0) return false;
  if (!in_) in_ = buffers_.take();
  const IoResult io = connection_.socket_read({in_.bytes(), in_.size()});
  socket_ready_ = connection_.reader_.ready;
  stream_->pipe.in = {in_.bytes(), io.bytes};
  if (io.bytes > 0) return true;
  in_.release();
  // The end without the peer's word for it could be anybody's doing (RFC 8446 section 6.1).
  if (io.closed) error_ = ECONNABORTED;
  if (io.error != 0) error_ = io.error;
  return false;
}

Step TlsLayer::handshake() {
  for (;;) {
    ensure_room();
    const Step step = stream_->handshake();
    flush();
    if (step != Step::kWantInput) {
      if (step == Step::kDone) settle_reader(stream_->pipe.in.empty() && !socket_ready_ && !stream_->holds_bytes());
      return step;
    }
    // All that came was used. (The last receive of a handshake may hold much that is behind it.)
    if (handshake_bytes_ > kMaxHandshakeBytes) {
      stream_->fail(TlsFailure::kProtocol, "handshake too large");
      return Step::kFailed;
    }
    if (!receive()) {
      if (error_ == 0) {
        connection_.reader_.ready = false;
        return step;
      }
      stream_->fail(TlsFailure::kClosed, "the peer closed the connection");
      return Step::kFailed;
    }
    if (handshake_bytes_ == 0 && stream_->side() == TlsSide::kServer && *in_.bytes() != kHandshakeRecord) {
      stream_->fail(TlsFailure::kNotTls, "the first byte is no handshake's");
      return Step::kFailed;
    }
    handshake_bytes_ += stream_->pipe.in.size();
  }
}

IoResult TlsLayer::read(std::span<char> plain) {
  size_t got = 0;
  bool drained = false;
  while (got < plain.size() && error_ == 0 && !closed_ && !drained) {
    size_t more = 0;
    const Step step = stream_->read(plain.subspan(got), more);
    got += more;
    if (step == Step::kDone) {
      // All of it was taken, and asking for more costs as much as a small read.
      drained = stream_->pipe.in.empty() && !socket_ready_ && !stream_->holds_bytes();
    } else if (step == Step::kWantInput) {
      drained = !receive();  // there may be the beginning of a record
    } else if (step == Step::kWantRoom) {
      if (out_ && !flush()) break;
      ensure_room();
    } else if (step == Step::kClosed) {
      closed_ = connection_.peer_closed_ = true;
    } else {
      error_ = ECONNRESET;
      connection_.peer_closed_ = true;
    }
  }
  if (pending()) flush();
  settle_reader(drained);
  if (got > 0) return {.bytes = got};
  if (closed_) return {.closed = true};
  if (error_ != 0) return {.error = error_};
  return {.would_block = true};
}

// Whether another read is worth a try: the connection's waiters go by it.
void TlsLayer::settle_reader(bool drained) {
  if (stream_->pipe.in.empty()) in_.release();
  connection_.reader_.ready = !drained || closed_ || error_ != 0;
}

IoResult TlsLayer::write(std::span<const iovec> pieces) {
  if (pending() && !flush()) return error_ != 0 ? IoResult{.error = error_} : IoResult{.would_block = true};
  if (error_ != 0) return {.error = error_};
  char scratch[TlsStream::kRecord];
  Cut cut(pieces);
  size_t taken = 0;
  ensure_room();
  const TlsStream::Pipe& pipe = stream_->pipe;
  while (cut.left() > 0 && pipe.out.size() - pipe.out_size >= std::min(cut.left(), TlsStream::kRecord) + 512) {
    size_t written = 0;
    const Step step = stream_->write(cut.next(std::span<char, TlsStream::kRecord>(scratch)), written);
    if (step != Step::kDone) {
      error_ = EPIPE;
      break;
    }
    cut.consume(written);
    taken += written;
  }
  flush();
  if (taken == 0 && error_ != 0) return {.error = error_};
  return {.bytes = taken};
}

bool TlsLayer::flush() {
  while (pending()) {
    const std::string_view rest = ciphertext();
    const IoResult io = connection_.socket_write({rest.data(), rest.size()});
    sent_ += io.bytes;
    if (io.error != 0) {
      error_ = io.error;
      sent_ = stream_->pipe.out_size;
    }
    if (io.would_block) return false;
  }
  out_.release();
  stream_->pipe.out = {};
  stream_->pipe.out_size = sent_ = 0;
  if (std::exchange(half_close_, false)) shutdown(connection_.descriptor_, SHUT_WR);
  return true;
}

void TlsLayer::close_notify() {
  if (error_ != 0) return;
  ensure_room();
  stream_->close_notify();
  flush();
}

void TlsLayer::shutdown_write() {
  half_close_ = true;
  close_notify();
}

}  // namespace weft::proxy
