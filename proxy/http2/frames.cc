#include "proxy/http2/frames.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/http2/piece_pool.h"

namespace weft::proxy {
namespace {

// What may be asked of a server before its SETTINGS are known.
constexpr uint32_t kStreamsBeforeSettings = 100;
// Of the streams that ended in order, as many can outweigh resets.
constexpr uint32_t kMostAnswered = 1000;
// Streams beyond those allowed that make a point: a client may not have seen the limit yet.
constexpr uint16_t kRefusals = 16;
constexpr size_t kMaxQueuedAcks = 256;
constexpr size_t kFrameHeader = 9;
// Of content: what a peer takes without being asked, and what fills a batch.
constexpr uint32_t kUsualFrame = 16 * 1024;
constexpr uint32_t kLargestFrame = 64 * 1024;
// Frames of a head may hold so much more than the head when decoded: nobody's compression makes it longer.
constexpr uint32_t kHeadFrameSlack = 16 * 1024;

std::string_view text_of(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }
WireSession& session_of(void* session) { return *static_cast<WireSession*>(session); }

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) &&
         (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

WireStream* Frames::stream_of(Wire* wire, int32_t id) {
  return static_cast<WireStream*>(nghttp2_session_get_stream_user_data(wire, id));
}

nghttp2_session_callbacks* Frames::callbacks() {
  static nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* all = nullptr;
    if (nghttp2_session_callbacks_new(&all) != 0) std::abort();
    nghttp2_session_callbacks_set_on_begin_frame_callback(all, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(all, on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_content);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, on_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all, on_not_sent);
    nghttp2_session_callbacks_set_send_data_callback(all, send_content);
    nghttp2_session_callbacks_set_data_source_read_length_callback(all, content_limit);
    return all;
  }();
  return made;
}

nghttp2_session* Frames::make(WireSession& session) {
  const Http2Limits& limits = session.limits_;
  nghttp2_option* option = nullptr;
  if (nghttp2_option_new(&option) != 0) std::abort();
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_peer_max_concurrent_streams(option, kStreamsBeforeSettings);
  nghttp2_option_set_max_outbound_ack(option, kMaxQueuedAcks);
  nghttp2_option_set_max_continuations(option, limits.continuations);
  nghttp2_option_set_stream_reset_rate_limit(option, UINT64_MAX, UINT64_MAX);  // they are glitches
  nghttp2_session* wire = nullptr;
  const bool server = session.side_ == Http2Session::Side::kServer;
  nghttp2_mem memory{};
  memory.malloc = [](size_t size, void*) { return take_piece(size); };
  memory.free = [](void* piece, void*) { give_piece(piece); };
  memory.calloc = [](size_t count, size_t size, void*) { return take_zeroed_pieces(count, size); };
  memory.realloc = [](void* piece, size_t size, void*) { return resize_piece(piece, size); };
  const int failed = server ? nghttp2_session_server_new3(&wire, callbacks(), &session, option, &memory)
                            : nghttp2_session_client_new3(&wire, callbacks(), &session, option, &memory);
  nghttp2_option_del(option);
  if (failed != 0) std::abort();
  std::vector<nghttp2_settings_entry> settings{{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window},
                                               {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.max_head_bytes}};
  if (server) {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_streams});
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
    settings.push_back({NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kLargestFrame});
    if (limits.first_stream > 1) {
      nghttp2_session_set_next_stream_id(wire, static_cast<int32_t>(limits.first_stream));
    }
  }
  nghttp2_submit_settings(wire, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(wire, NGHTTP2_FLAG_NONE, 0, static_cast<int32_t>(limits.connection_window));
  return wire;
}

// ---- What comes.

int Frames::on_begin_frame(Wire*, const nghttp2_frame_hd* header, void* session) {
  WireSession& self = session_of(session);
  self.weigh_frame(header->type, header->flags, header->length);
  // Before it has acknowledged our SETTINGS, nghttp2 would let it.
  if (header->type == NGHTTP2_PUSH_PROMISE) self.terminate(NGHTTP2_PROTOCOL_ERROR);
  if (header->type == NGHTTP2_HEADERS) self.check_stream(header->type, header->stream_id);
  self.head_open_ = header->type == NGHTTP2_HEADERS || header->type == NGHTTP2_CONTINUATION;
  if (header->type == NGHTTP2_HEADERS) self.head_frame_bytes_ = 0;
  if (!self.head_open_) return 0;
  self.head_frame_bytes_ += static_cast<uint32_t>(header->length);
  return self.head_frame_bytes_ > self.limits_.max_head_bytes + kHeadFrameSlack ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

int Frames::on_begin_headers(Wire* wire, const nghttp2_frame* frame, void* session) {
  WireSession& self = session_of(session);
  const bool server = self.side_ == Http2Session::Side::kServer;
  self.head_of_ = nullptr;
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (server && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    WireStream& stream = self.add_stream();
    stream.id_ = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(wire, stream.id_, &stream);
    self.head_of_ = &stream;
    self.head_text_.begin(HeadKind::kRequest, stream.heads_);
    return 0;
  }
  WireStream* const stream = stream_of(wire, frame->hd.stream_id);
  if (stream == nullptr || stream->orphan_) return 0;
  self.head_of_ = stream;
  if (server || stream->final_head_) {
    self.head_text_.begin(HeadKind::kTrailers, stream->trailers_);
  } else {
    self.head_text_.begin(HeadKind::kResponse, stream->heads_);
  }
  return 0;
}

int Frames::on_header(Wire*, const nghttp2_frame*, const uint8_t* name, size_t name_size, const uint8_t* value,
                      size_t value_size, uint8_t, void* session) {
  WireSession& self = session_of(session);
  if (self.head_of_ == nullptr) return 0;
  const HeadFault fault = self.head_text_.add(text_of(name, name_size), text_of(value, value_size));
  if (fault == HeadFault::kMalformed) return refuse_head(self, *self.head_of_, NGHTTP2_PROTOCOL_ERROR);
  if (fault == HeadFault::kBomb) return refuse_head(self, *self.head_of_, NGHTTP2_ENHANCE_YOUR_CALM);
  return 0;
}

// nghttp2 would leave it out.
int Frames::on_invalid_header(Wire*, const nghttp2_frame*, const uint8_t*, size_t, const uint8_t*, size_t, uint8_t,
                              void* session) {
  WireSession& self = session_of(session);
  return self.head_of_ == nullptr ? 0 : refuse_head(self, *self.head_of_, NGHTTP2_PROTOCOL_ERROR);
}

// nghttp2 decodes the rest of the head, and says no more of it.
int Frames::refuse_head(WireSession& session, WireStream& stream, uint32_t code) {
  session.head_of_ = nullptr;
  session.odd(Glitch::kBadHead);
  if (stream.end_ == StreamEnd::kNone) {
    stream.end_ = StreamEnd::kPeerViolation;
    stream.error_code_ = code;
  }
  session.submit_reset(stream, code);
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void Frames::finish_head(WireSession& session, WireStream& stream) {
  HeadText& text = session.head_text_;
  const bool server = session.side_ == Http2Session::Side::kServer;
  const bool trailers = text.kind() == HeadKind::kTrailers;
  const HeadFault fault = text.finish();
  if (fault == HeadFault::kTooLarge) session.odd(Glitch::kBadHead);
  if (fault == HeadFault::kTooLarge && server && !trailers) {
    stream.refused_ = 431;
    return;
  }
  if (fault != HeadFault::kNone) {
    refuse_head(session, stream, fault == HeadFault::kMalformed ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
    return;
  }
  if (trailers) return;
  stream.tunnel_ = stream.tunnel_ || text.tunnel();
  stream.final_head_ = server || text.status() >= 200;
  stream.add_head(text.size());
  if (server) stream.scheme_ = text.scheme();
}

int Frames::on_frame(Wire* wire, const nghttp2_frame* frame, void* session) {
  WireSession& self = session_of(session);
  WireStream* const stream = frame->hd.stream_id == 0 ? nullptr : stream_of(wire, frame->hd.stream_id);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      self.head_open_ = false;
      if (self.head_of_ == nullptr) break;
      finish_head(self, *self.head_of_);
      break;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && self.draining_) self.send_last_goaway(NGHTTP2_NO_ERROR);
      break;
    case NGHTTP2_WINDOW_UPDATE:
      self.weigh_window_update(stream, static_cast<uint32_t>(frame->window_update.window_size_increment));
      break;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
        self.settings_taken();
        break;
      }
      self.settled_ = true;
      self.room_changed_ = self.side_ == Http2Session::Side::kClient;
      break;
    case NGHTTP2_GOAWAY:
      self.goaway_received_ = true;
      self.room_changed_ = self.side_ == Http2Session::Side::kClient;
      break;
    default: break;
  }
  if (stream == nullptr) return 0;
  if (frame->hd.type == NGHTTP2_RST_STREAM) {
    stream->peer_reset_ = true;
    self.weigh_reset(*stream);
  }
  if (ends_stream(*frame)) stream->peer_ended_ = true;
  if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) self.note_news(*stream);
  return 0;
}

int Frames::on_invalid_frame(Wire*, const nghttp2_frame* frame, int error, void* session) {
  WireSession& self = session_of(session);
  if (frame->hd.type == NGHTTP2_HEADERS) self.head_open_ = false;
  // Refused, or found malformed, by nghttp2: what else comes of it is on its way.
  self.note_dead(frame->hd.stream_id, true);
  if (error != NGHTTP2_ERR_REFUSED_STREAM) {
    self.odd(frame->hd.type == NGHTTP2_HEADERS ? Glitch::kBadHead : Glitch::kOther);
  } else {
    self.odd_at_times(Glitch::kReset, kRefusals);
  }
  return 0;
}

int Frames::on_content(Wire* wire, uint8_t, int32_t id, const uint8_t* bytes, size_t size, void* session) {
  WireSession& self = session_of(session);
  WireStream* const stream = stream_of(wire, id);
  if (stream == nullptr || stream->orphan_ || stream->reset_) {
    nghttp2_session_consume(wire, id, size);
    return 0;
  }
  stream->inbox_.add(text_of(bytes, size), self.reading_);
  self.note_news(*stream);
  return 0;
}

int Frames::on_stream_close(Wire* wire, int32_t id, uint32_t code, void* session) {
  WireSession& self = session_of(session);
  WireStream* const stream = stream_of(wire, id);
  if (stream == nullptr || stream->closed_) return 0;
  StreamEnd end = StreamEnd::kNone;
  const bool client = self.side_ == Http2Session::Side::kClient;
  const bool answered = client && stream->peer_ended_ && code == NGHTTP2_NO_ERROR;
  if (!(stream->peer_ended_ && stream->end_sent_) && !answered) {
    if (client && code == NGHTTP2_REFUSED_STREAM) {
      end = StreamEnd::kRefused;
    } else {
      end = stream->peer_reset_ || stream->reset_ ? StreamEnd::kReset : StreamEnd::kPeerViolation;
    }
  }
  stream->finish(end, code);
  self.note_dead(id, !stream->peer_reset_ && !stream->peer_ended_);
  if (end == StreamEnd::kNone && self.answered_ < kMostAnswered) ++self.answered_;
  if (self.head_of_ == stream) self.head_of_ = nullptr;
  self.stream_gone(*stream);
  self.note_news(*stream);
  return 0;
}

// ---- What leaves.

int Frames::on_sent(Wire* wire, const nghttp2_frame* frame, void* session) {
  if (frame->hd.type == NGHTTP2_HEADERS) session_of(session).earn();
  if (!ends_stream(*frame)) return 0;
  WireStream* const stream = stream_of(wire, frame->hd.stream_id);
  if (stream == nullptr) return 0;
  stream->end_sent_ = true;
  const bool server = session_of(session).side_ == Http2Session::Side::kServer;
  if (server && stream->orphan_ && !stream->peer_ended_) {
    session_of(session).submit_reset(*stream, NGHTTP2_NO_ERROR);
  }
  return 0;
}

// A request that could not be sent any more: nghttp2 has made no stream that it could close.
int Frames::on_not_sent(Wire* wire, const nghttp2_frame* frame, int, void* session) {
  WireSession& self = session_of(session);
  const bool request = frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
  if (!request || self.side_ != Http2Session::Side::kClient || stream_of(wire, frame->hd.stream_id) != nullptr)
    return 0;
  for (WireStream* stream = self.streams_; stream != nullptr; stream = stream->next_) {
    if (stream->id_ != frame->hd.stream_id || stream->closed_) continue;
    stream->finish(stream->reset_ ? StreamEnd::kReset : StreamEnd::kRefused, NGHTTP2_REFUSED_STREAM);
    self.stream_gone(*stream);
    self.note_news(*stream);
    break;
  }
  return 0;
}

nghttp2_data_provider Frames::content_of(WireStream& stream) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = read_content;
  return provider;
}

ssize_t Frames::read_content(Wire* wire, int32_t, uint8_t*, size_t limit, uint32_t* flags, nghttp2_data_source* source,
                             void*) {
  WireStream& stream = *static_cast<WireStream*>(source->ptr);
  const size_t size = std::min(limit, stream.body_.size());
  if (size == 0 && !stream.body_end_) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (size > 0) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size < stream.body_.size() || !stream.body_end_) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!stream.last_lines_.empty()) {
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    submit_trailers(wire, stream);
  }
  return static_cast<ssize_t>(size);
}

void Frames::submit_trailers(Wire* wire, const WireStream& stream) {
  std::vector<nghttp2_nv> pairs;
  for (std::string_view rest = stream.last_lines_.view(); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const std::string_view name = line.substr(0, line.find(": "));
    const std::string_view value = line.substr(name.size() + 2);
    pairs.push_back({std::bit_cast<uint8_t*>(name.data()), std::bit_cast<uint8_t*>(value.data()), name.size(),
                     value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_submit_trailer(wire, stream.id_, pairs.data(), pairs.size());
}

// Every frame costs a header, a turn of nghttp2 and, at the other end, a piece that is passed on by itself.
ssize_t Frames::content_limit(Wire* wire, uint8_t, int32_t id, int32_t, int32_t, uint32_t largest, void* session) {
  const WireStream* const stream = stream_of(wire, id);
  const size_t wanted = std::min<size_t>({stream == nullptr ? 0 : stream->body_.size(), largest, kLargestFrame});
  if (wanted <= kUsualFrame) return kUsualFrame;
  // What does not fit this batch begins the next.
  const size_t room = session_of(session).outbox_.room();
  const bool next = room < kFrameHeader + kUsualFrame;
  return static_cast<ssize_t>(next ? wanted : std::min(wanted, room - kFrameHeader));
}

int Frames::send_content(Wire*, nghttp2_frame*, const uint8_t* header, size_t size, nghttp2_data_source* source,
                         void* session) {
  WireSession& self = session_of(session);
  WireStream& stream = *static_cast<WireStream*>(source->ptr);
  if (stream.body_.size() < size) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // it was taken back
  if (self.outbox_.room() < kFrameHeader + size) return NGHTTP2_ERR_WOULDBLOCK;
  self.outbox_.copy(text_of(header, kFrameHeader));
  const std::string_view content = stream.body_.substr(0, size);
  if (size < WireStream::kReferred) {
    self.outbox_.copy(content);
  } else {
    self.outbox_.refer(content);
  }
  stream.body_.remove_prefix(size);
  self.earn();
  if (!stream.body_.empty()) return 0;
  if (stream.rest_.empty()) {
    self.note_drained(stream);
  } else {
    self.forget_rest();
  }
  return 0;
}

}  // namespace weft::proxy
