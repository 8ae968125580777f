#include "proxy/http/request_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/http/head_writer.h"
#include "proxy/http/long_body.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

bool RequestStream::begin(AdmittedRequest& request) {
  framing_ = request.body;
  reader_ = BodyReader(framing_);
  body_begin_ = checked_ = inbox_.begin + head_.size();
  check_received();
  out_.clear();
  if (received()) limits_->request_complete();
  return failure_ == Reason::kNone;
}

// Takes the bytes that came since the last look, as far as they belong to this request.
void RequestStream::check_received() {
  ReceiveBuffer& in = passing_.buffer ? passing_ : inbox_;
  const size_t size = reader_.take({in.buffer.bytes() + checked_, in.end - checked_});
  if (pumped_to_ != nullptr) out_.refer({in.buffer.bytes() + checked_, size});
  checked_ += size;
  body_bytes_ += size;
  if (reader_.malformed() || !tolerable()) failure_ = Reason::kDownstreamProtocolError;
}

// A stream of small events is no offence, one of single bytes becomes one.
bool RequestStream::tolerable() {
  constexpr uint32_t kTinyChunksAPoint = 16;
  const uint32_t tiny = reader_.tiny_chunks() / kTinyChunksAPoint;
  const uint32_t odd = tiny + reader_.extended_chunks();
  if (odd == odd_ || glitches_ == nullptr) return true;
  const Glitch kind = reader_.extended_chunks() > 0 ? Glitch::kChunkExtension : Glitch::kTinyChunks;
  return glitches_->add(*worker_, client_, kind, odd - std::exchange(odd_, odd)) != Tolerance::kCut;
}

void RequestStream::send(Connection& upstream, const AdmittedRequest& request, std::string_view added) {
  out_.clear();
  write_failed_ = stopped_ = false;
  piped_ = 0;
  write_request_head(head_, inbox_.base(), request, added, out_);
  out_.refer({inbox_.buffer.bytes() + body_begin_, checked_ - body_begin_});
  write(upstream);
  if (write_failed_ || (out_.empty() && received())) return;
  spawn(pump(upstream));
}

bool RequestStream::write(Connection& upstream) {
  const IoResult io = upstream.try_write(out_.left());
  out_.consume(io.bytes);
  if (io.bytes > 0) limits_->activity();
  if (io.error != 0) write_failed_ = true;
  return !io.would_block;
}

Task<void> RequestStream::pump(Connection& upstream) {
  pumped_to_ = &upstream;
  rest_at_ = body_bytes_ + kBytesPerTurn;
  while (!stopped_ && !write_failed_ && failure_ == Reason::kNone) {
    if (!out_.empty()) {
      const bool wrote = write(upstream);
      if (!wrote) co_await upstream.writable(kNever);
      continue;
    }
    if (received()) break;
    rest_after_much();
    Pipe pipe = pipe_to(upstream);
    if (pipe) {
      co_await pass_content(upstream, pipe);
      continue;
    }
    const bool more = co_await receive();
    if (!more) break;
  }
  pumped_to_ = nullptr;
  if (!stopped_ && failure_ != Reason::kNone) owner_->interrupt();
}

// Empty: what comes next is copied, to be kept for another attempt, or to be looked at.
Pipe RequestStream::pipe_to(const Connection& upstream) {
  const bool kept = !passing_.buffer && !inbox_.room().empty();
  if (kept || !spliceable_ || reader_.content_left() < kWorthAPipe || worker_ == nullptr) return {};
  if (client_.tls() != nullptr || upstream.tls() != nullptr) return {};
  return worker_->pipes.take();
}

// Content that nobody looks at, from socket to socket. All of it, or as much as pipes take (spliceable_).
Task<void> RequestStream::pass_content(Connection& upstream, Pipe& pipe) {
  replayable_ = false;
  if (passing_.buffer) {
    passing_.release();
    checked_ = inbox_.end;
  }
  while (!stopped_ && (reader_.content_left() > 0 || pipe.held > 0)) {
    if (pipe.held > 0) {
      const IoResult put = upstream.splice_from(pipe.out(), pipe.held);
      write_failed_ = put.error != 0;
      if (write_failed_) co_return;
      piped_ = pipe.held -= put.bytes;
      if (put.bytes > 0) limits_->activity();
      if (put.would_block) co_await upstream.writable(kNever);
      continue;
    }
    rest_after_much();
    const Wake wake = co_await client_.readable(kNever);
    if (stopped_) co_return;
    if (wake == Wake::kCancelled && !client_.cancelled()) continue;
    const IoResult got =
        client_.splice_into(pipe.in(), std::min<uint64_t>(reader_.content_left(), PipePool::kPipeBytes));
    spliceable_ = got.error != EINVAL;
    if (!spliceable_) co_return;
    if (client_.cancelled() || got.closed || got.error != 0) {
      failure_ = Reason::kDownstreamClosed;
      co_return;
    }
    piped_ = pipe.held = got.bytes;
    body_bytes_ += got.bytes;
    reader_.skip(got.bytes);
    worker_->counters.bytes_spliced.add(got.bytes);
    if (got.bytes > 0) limits_->activity();
    if (received()) limits_->request_complete();
  }
  if (stopped_) co_return;
  // Whether the next request has begun to come is not known.
  char next;
  client_.peek({&next, 1});
}

void RequestStream::rest_after_much() {
  if (body_bytes_ < rest_at_) return;
  rest_at_ = body_bytes_ + kBytesPerTurn;
  client_.rest();
}

// False: the client will send no more.
Task<bool> RequestStream::receive() {
  make_room();
  const Wake wake = co_await client_.readable(kNever);
  if (stopped_) co_return false;
  if (wake == Wake::kCancelled && !client_.cancelled()) co_return true;
  const bool more = read();
  co_return more;
}

// One try. False: the client will send no more.
bool RequestStream::read() {
  ReceiveBuffer& in = passing_.buffer ? passing_ : inbox_;
  IoResult io = client_.try_read(room_for_body(in.room(), body_bytes_));
  if (client_.cancelled()) io = {.closed = true};
  if (io.would_block) return true;
  if (io.bytes == 0) {
    failure_ = Reason::kDownstreamClosed;
    return false;
  }
  in.end += io.bytes;
  limits_->activity();
  check_received();
  if (received()) limits_->request_complete();
  return failure_ == Reason::kNone;
}

void RequestStream::rewind() {
  content_ = ContentReader(framing_);
  content_at_ = body_begin_;
  piece_ = {};
  stopped_ = false;
}

std::string_view RequestStream::content() {
  while (piece_.empty() && failure_ == Reason::kNone) {
    if (content_at_ == checked_) {
      if (received() || !(client_.maybe_readable() || client_.cancelled())) break;
      make_room();
      content_at_ = checked_;
      read();
      if (content_at_ == checked_) break;
    }
    char* from = (passing_.buffer ? passing_ : inbox_).buffer.bytes() + content_at_;
    const size_t size = checked_ - content_at_;
    if (framing_.kind == BodyFraming::Kind::kChunked) {
      // Chunks are moved together; what came stays as it is, for another attempt.
      if (!unframed_) unframed_ = buffers_.take();
      std::memcpy(unframed_.bytes(), from, size);
      from = unframed_.bytes();
    }
    size_t used = 0;
    piece_ = content_.take({from, size}, used);
    content_at_ += used;
  }
  if (piece_.empty()) unframed_.release();
  return piece_;
}

Task<void> RequestStream::wait() { co_await client_.readable(kNever); }

// Everything received has been sent. While it fits, the body stays behind its head, to be sent again if need be.
void RequestStream::make_room() {
  if (!passing_.buffer) {
    if (!inbox_.room().empty()) return;
    replayable_ = false;
    passing_.take_from(buffers_);
  }
  passing_.clear();
  checked_ = 0;
}

void RequestStream::stop() {
  stopped_ = true;
  if (pumped_to_ == nullptr) return;
  // Resumes the pump wherever it waits; it sees the flag and ends before this returns.
  Connection& upstream = *pumped_to_;
  client_.interrupt();
  if (pumped_to_ != nullptr) upstream.interrupt();
}

void RequestStream::finish() {
  if (passing_.buffer) {
    inbox_ = std::move(passing_);
    passing_.clear();
  }
  inbox_.begin = checked_;
  if (inbox_.empty()) inbox_.release();
}

}  // namespace weft::proxy
