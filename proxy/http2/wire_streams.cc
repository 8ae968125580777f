// The session's streams: who has news, what they send, and when they go.
#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "proxy/http2/frames.h"
#include "proxy/http2/wire_session.h"

namespace weft::proxy {
namespace {

constexpr size_t kUsualFields = 64;
// From this size on content is not put off to the end of the turn. Frames of the usual 16 KiB come several at a time
// and leave together.
constexpr size_t kPushed = 32 * 1024;
// How long the last of an answer waits for a client that has no room for it.
constexpr std::chrono::seconds kRestTime{60};

nghttp2_nv pair_of(const Header& field) {
  return {std::bit_cast<uint8_t*>(field.name.data()), std::bit_cast<uint8_t*>(field.value.data()), field.name.size(),
          field.value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

WireStream& WireSession::add_stream() {
  WireStream& stream = *WireStream::make(*this);
  stream.next_ = streams_;
  if (streams_ != nullptr) streams_->previous_ = &stream;
  streams_ = &stream;
  stream.begun_ = worker_.loop.now();
  ++kept_;
  ++count_;
  worker_.loop.disarm(idle_alarm_);
  return stream;
}

void WireSession::unlink(WireStream& stream) {
  if (stream.next_ != nullptr) stream.next_->previous_ = stream.previous_;
  (stream.previous_ != nullptr ? stream.previous_->next_ : streams_) = stream.next_;
  stream.next_ = stream.previous_ = nullptr;
  --kept_;
}

void WireSession::recycle_if_forgotten(WireStream& stream) {
  if (!stream.forgotten()) return;
  unlink(stream);
  stream.destroy();
}

// nghttp2 knows one less.
void WireSession::stream_gone(WireStream& stream) {
  --count_;
  if (std::exchange(stream.leaving_, false)) --leaving_;
  room_changed_ = side_ == Side::kClient;
  if (count_ == 0 && !over_ && draining_ && side_ == Side::kClient) terminate(NGHTTP2_NO_ERROR);
  rest_if_idle();
}

// A peer that reads nothing does not keep the connection by streams that nobody has any more.
void WireSession::rest_if_idle() {
  if (count_ > leaving_ || over_ || idle_alarm_.armed()) return;
  if (times_.idle.count() > 0) worker_.loop.arm(idle_alarm_, worker_.loop.now() + times_.idle);
}

void WireSession::note_news(WireStream& stream) {
  if (std::exchange(stream.has_news_, true)) return;
  ++stream.pins_;
  stream.next_with_news_ = nullptr;
  (last_with_news_ == nullptr ? first_with_news_ : last_with_news_->next_with_news_) = &stream;
  last_with_news_ = &stream;
}

void WireSession::note_drained(WireStream& stream) {
  if (std::exchange(stream.in_drained_, true)) return;
  ++stream.pins_;
  stream.next_drained_ = nullptr;
  (last_drained_ == nullptr ? first_drained_ : last_drained_->next_drained_) = &stream;
  last_drained_ = &stream;
}

void WireSession::tell_news() {
  while (first_with_news_ != nullptr) {
    WireStream& stream = *std::exchange(first_with_news_, first_with_news_->next_with_news_);
    if (first_with_news_ == nullptr) last_with_news_ = nullptr;
    stream.has_news_ = false;
    if (!stream.announced_) {
      announce(stream);
    } else if (!stream.orphan_) {
      stream.wake_owner();
    }
    --stream.pins_;
    recycle_if_forgotten(stream);
  }
  if (std::exchange(room_changed_, false)) keeper_.on_room();
}

// A request that was given up before anybody heard of it never was.
void WireSession::announce(WireStream& stream) {
  stream.announced_ = true;
  if (stream.closed_ || over_) {
    stream.orphan_ = true;
  } else if (kept_ > 2 * size_t{limits_.max_streams}) {
    // Exchanges that their client has reset and that have not ended yet.
    stream.orphan_ = true;
    submit_reset(stream, NGHTTP2_REFUSED_STREAM);
  } else if (stream.refused_ != 0) {
    keeper_.on_refused(Http2StreamPtr(&stream), stream.refused_, "request headers too large");
  } else {
    keeper_.on_request(Http2StreamPtr(&stream));
  }
}

void WireSession::tell_drained() {
  while (first_drained_ != nullptr) {
    WireStream& stream = *std::exchange(first_drained_, first_drained_->next_drained_);
    if (first_drained_ == nullptr) last_drained_ = nullptr;
    stream.in_drained_ = false;
    if (!stream.orphan_) WireStream::wake(stream.writer_);
    --stream.pins_;
    recycle_if_forgotten(stream);
  }
}

// The connection is over: what is left of them belongs to their owners.
void WireSession::fail_streams() {
  wire_done_ = true;
  while (first_with_news_ != nullptr) {
    first_with_news_->has_news_ = false;
    --first_with_news_->pins_;
    first_with_news_ = first_with_news_->next_with_news_;
  }
  while (first_drained_ != nullptr) {
    first_drained_->in_drained_ = false;
    --first_drained_->pins_;
    first_drained_ = first_drained_->next_drained_;
  }
  last_with_news_ = last_drained_ = nullptr;
  while (streams_ != nullptr) {
    WireStream& stream = *streams_;
    unlink(stream);
    stream.session_ = nullptr;
    if (!stream.announced_) stream.orphan_ = true;
    const bool ended = stream.closed_ || (stream.peer_ended_ && stream.end_sent_);
    stream.finish(ended ? stream.end_ : StreamEnd::kConnectionLost, 0);
    ++stream.pins_;
    if (!stream.orphan_) stream.wake_owner();
    --stream.pins_;
    if (stream.forgotten()) stream.destroy();
  }
  count_ = leaving_ = 0;
}

Http2StreamPtr WireSession::open() {
  if (!accepts_streams()) return nullptr;
  WireStream& stream = add_stream();
  stream.announced_ = true;
  return Http2StreamPtr(&stream);
}

void WireSession::submit_head(WireStream& stream, std::span<const Header> fields, bool end) {
  if (wire_done_) return;
  std::array<nghttp2_nv, kUsualFields> usual;
  std::vector<nghttp2_nv> many;
  nghttp2_nv* pairs = usual.data();
  if (fields.size() > usual.size()) {
    many.resize(fields.size());
    pairs = many.data();
  }
  std::transform(fields.begin(), fields.end(), pairs, pair_of);
  schedule_flush();
  nghttp2_data_provider content = Frames::content_of(stream);
  nghttp2_data_provider* const provider = end ? nullptr : &content;
  if (side_ == Side::kServer) {
    const bool interim = !fields.empty() && fields[0].value.starts_with('1');
    if (interim) {
      nghttp2_submit_headers(wire_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, pairs, fields.size(), nullptr);
      return;
    }
    nghttp2_submit_response(wire_, stream.id_, pairs, fields.size(), provider);
  } else {
    stream.id_ = nghttp2_submit_request(wire_, nullptr, pairs, fields.size(), provider, &stream);
    if (stream.id_ <= 0) {
      stream.id_ = 0;
      stream.finish(StreamEnd::kRefused, NGHTTP2_REFUSED_STREAM);
      stream_gone(stream);
      note_news(stream);
      return;
    }
  }
  stream.head_sent_ = true;
  stream.local_end_ = end;
}

void WireSession::resume_body(WireStream& stream) {
  if (wire_done_) return;
  if (std::exchange(stream.deferred_, false)) nghttp2_session_resume_data(wire_, stream.id_);
  schedule_flush();
  if (stream.body_.size() >= kPushed) push(stream);
}

// Only servers: a stream that a client opens may not be nghttp2's yet.
bool WireSession::has_room_for(const WireStream& stream, size_t bytes) const {
  if (side_ != Side::kServer || wire_done_) return false;
  const auto needed = static_cast<int32_t>(bytes);
  return nghttp2_session_get_stream_remote_window_size(wire_, stream.id_) >= needed &&
         nghttp2_session_get_remote_window_size(wire_) >= needed;
}

void WireSession::note_rest(WireStream& stream) {
  stream.rest_since_ = worker_.loop.now();
  ++rests_;
}

void WireSession::watch_rests() {
  if (rests_ == 0 || wire_done_) return worker_.loop.disarm(rests_alarm_);
  if (!rests_alarm_.armed()) worker_.loop.arm(rests_alarm_, worker_.loop.now() + kRestTime);
}

// There was room for it when its owner left it here; others may have taken that, or the peer reads no more.
void WireSession::on_rests_late() {
  for (WireStream* stream = streams_; stream != nullptr; stream = stream->next_) {
    if (stream->closed_ || stream->rest_.empty() || stream->body_.empty()) continue;
    if (stream->rest_since_ + kRestTime > worker_.loop.now()) continue;
    stream->drop_body();
    submit_reset(*stream, NGHTTP2_CANCEL);
  }
  watch_rests();
}

void WireSession::submit_reset(WireStream& stream, uint32_t code) {
  if (wire_done_ || std::exchange(stream.reset_, true)) return;
  nghttp2_submit_rst_stream(wire_, NGHTTP2_FLAG_NONE, stream.id_, code);
  if (!stream.closed_ && !std::exchange(stream.leaving_, true)) ++leaving_;
  rest_if_idle();
  schedule_flush();
}

void WireSession::give_window_back(WireStream& stream, size_t bytes) {
  if (wire_done_) return;
  // Of a stream that has ended, the connection's alone.
  nghttp2_session_consume(wire_, stream.id_, bytes);
  if (nghttp2_session_want_write(wire_) != 0) schedule_flush();
}

void WireSession::on_released(WireStream& stream) {
  if (const size_t left = stream.inbox_.size(); left > 0) {
    stream.inbox_.clear();
    give_window_back(stream, left);
  }
  if (!stream.closed_ && stream.id_ == 0) {
    stream.finish(StreamEnd::kNone, 0);
    stream_gone(stream);
    schedule_flush();  // who waits for room is told then
  } else if (!stream.closed_ && !stream.reset_) {
    const bool handed_over = stream.local_end_ && stream.drained();
    const bool server = side_ == Side::kServer;
    if (!handed_over || (!server && !stream.peer_ended_)) {
      stream.drop_body();
      submit_reset(stream, NGHTTP2_CANCEL);
    } else if (stream.end_sent_ && !stream.peer_ended_) {
      submit_reset(stream, NGHTTP2_NO_ERROR);  // RFC 9113 section 8.1
    }
  }
  recycle_if_forgotten(stream);
}

}  // namespace weft::proxy
