#include "proxy/http/http1_body.h"

#include <charconv>

namespace weft::proxy {

std::string_view Http1Source::content() {
  while (piece_.empty() && !reader_.complete() && failure_ == Reason::kNone) {
    if (bytes_.empty()) {
      if (!service_.maybe_readable()) break;
      receive();
      if (bytes_.empty()) break;
    }
    size_t used = 0;
    piece_ = reader_.take({bytes_.buffer.bytes() + bytes_.begin, bytes_.end - bytes_.begin}, used);
    bytes_.begin += used;
    if (reader_.malformed()) failure_ = Reason::kUpstreamProtocolError;
  }
  if (piece_.empty() && bytes_.empty()) bytes_.release();
  return piece_;
}

void Http1Source::receive() {
  bytes_.clear();
  bytes_.take_from(buffers_);
  const IoResult io = service_.try_read(bytes_.room());
  bytes_.end = io.bytes;
  if (io.closed && !reader_.close()) failure_ = Reason::kUpstreamClosed;
  if (io.error != 0) failure_ = Reason::kUpstreamReset;
}

// A connection that was cancelled lets nobody wait any more.
Task<void> Http1Source::wait() {
  co_await service_.readable(kNever);
  if (service_.cancelled() && failure_ == Reason::kNone) failure_ = Reason::kUpstreamClosed;
}

void Http1Sink::put(std::string_view content, bool end, std::string_view trailers) {
  using Kind = BodyFraming::Kind;
  if (kind_ == Kind::kChunked) {
    if (!content.empty()) {
      char size[20];
      char* at = std::to_chars(size, size + 16, content.size(), 16).ptr;
      *at++ = '\r';
      *at++ = '\n';
      out_.copy({size, static_cast<size_t>(at - size)});
      out_.refer(content);
      out_.copy("\r\n");
    }
    if (end) {
      out_.copy("0\r\n");
      out_.refer(trailers);
      out_.copy("\r\n");
    }
    return;
  }
  if (kind_ == Kind::kLength || kind_ == Kind::kNone) {
    // A source that breaks its word must not make the next message of the connection.
    if (content.size() > left_ || (end && content.size() < left_ && kind_ == Kind::kLength)) {
      failed_ = true;
      return;
    }
    left_ -= content.size();
  }
  out_.refer(content);
}

bool Http1Sink::flush() {
  while (!out_.empty() && !failed_) {
    const IoResult io = peer_.try_write(out_.left());
    out_.consume(io.bytes);
    bytes_sent_ += io.bytes;
    if (io.error != 0) failed_ = true;
    if (io.would_block) return false;
  }
  return !failed_;
}

Task<void> Http1Sink::wait() {
  co_await peer_.writable(kNever);
  failed_ = failed_ || peer_.cancelled();
}

}  // namespace weft::proxy
