// What a session's peer does that is legal and odd, and what it weighs. Weights are such that programs people use stay
// far below: a browser gives up a page of requests at once, gRPC sends a PING for every few frames it receives, some
// clients give a window back for every frame.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "proxy/http2/wire_session.h"

namespace weft::proxy {
namespace {

// A request given up this soon was hardly meant; later than that, the limit of streams at a time limits those too.
constexpr std::chrono::milliseconds kRapid{100};
// A head needs no more frames than this: the usual frame holds 16 KiB.
constexpr uint32_t kHeadFrames = 3;
// What somebody who waits for bytes would not ask for.
constexpr uint32_t kTinyWindow = 256;
constexpr uint32_t kMostEarned = 4096;
// Times that make a point.
constexpr uint16_t kPings = 8, kPriorities = 16, kResets = 4, kTinyWindows = 4, kWindowUpdates = 8, kEmpties = 4,
                   kUnknowns = 8;

// Of streams that we reset, as many are remembered as one client can have had open twice over.
constexpr size_t kRemembered = 512;

}  // namespace

void WireSession::odd(Glitch kind, uint32_t points) {
  if (over_ || wire_done_) return;
  const Tolerance before = glitches_.tolerance();
  const Tolerance now = glitches_.add(worker_, connection_, kind, points);
  if (now == before) return;
  if (now == Tolerance::kEnd) send_last_goaway(NGHTTP2_ENHANCE_YOUR_CALM);
  if (now == Tolerance::kCut) terminate(NGHTTP2_ENHANCE_YOUR_CALM);
}

void WireSession::odd_at_times(Glitch kind, uint16_t times) {
  uint16_t& seen = odd_times_[static_cast<size_t>(kind)];
  if (++seen < times) return;
  seen = 0;
  odd(kind);
}

// A DATA or HEADERS frame has left: its receiver may measure by a PING, and give back the stream's window and the
// connection's.
void WireSession::earn() { earned_ = std::min(earned_ + 3, kMostEarned); }

void WireSession::weigh_frame(uint8_t type, uint8_t flags, size_t length) {
  const bool ack = (flags & NGHTTP2_FLAG_ACK) != 0;
  switch (type) {
    case NGHTTP2_DATA:
      if (length == 0 && (flags & NGHTTP2_FLAG_END_STREAM) == 0) odd_at_times(Glitch::kEmptyFrame, kEmpties);
      break;
    case NGHTTP2_HEADERS: head_frames_ = 1; break;
    case NGHTTP2_CONTINUATION:
      if (++head_frames_ > kHeadFrames || length == 0) odd(Glitch::kContinuation);
      break;
    case NGHTTP2_PRIORITY: odd_at_times(Glitch::kPriority, kPriorities); break;
    case NGHTTP2_SETTINGS:
      if (!ack && std::exchange(settings_came_, true)) odd(Glitch::kSettings);
      break;
    case NGHTTP2_PING:
      if (ack) break;
      if (earned_ > 0) {
        --earned_;
      } else {
        odd_at_times(Glitch::kPing, kPings);
      }
      break;
    default:
      if (type > NGHTTP2_CONTINUATION) odd_at_times(Glitch::kUnknownFrame, kUnknowns);
      break;
  }
}

void WireSession::weigh_window_update(const WireStream* stream, uint32_t increment) {
  const bool waited = stream != nullptr && stream->wants_window() &&
                      nghttp2_session_get_stream_remote_window_size(wire_, stream->id()) <= int64_t{increment};
  if (waited && increment < kTinyWindow) {
    odd_at_times(Glitch::kWindowUpdate, kTinyWindows);
  } else if (earned_ > 0) {
    --earned_;
  } else {
    odd_at_times(Glitch::kWindowUpdate, kWindowUpdates);
  }
}

// Once told to end it opens no more, and that it gives up what it had is no offence: cutting it would cost others that
// share the connection, as the callers of a sidecar do, their answers.
void WireSession::weigh_reset(const WireStream& stream) {
  if (side_ == Side::kClient || glitches_.tolerance() != Tolerance::kGoOn) return;
  if (worker_.loop.now() - stream.begun() > kRapid) return;
  if (answered_ > 0) {
    --answered_;
  } else {
    odd_at_times(Glitch::kReset, kResets);
  }
}

void WireSession::note_dead(int32_t id, bool ours) {
  if (!ours) {
    ended_[next_ended_++ % ended_.size()] = id;
  } else if (ended_by_us_.size() < kRemembered) {
    ended_by_us_.push_back(id);
  } else {
    ended_by_us_[next_by_us_++ % kRemembered] = id;
  }
}

// What comes on a stream that its client has ended or never opened; nghttp2 forgets those (RFC 9113 section 5.1). What
// comes on one that we have reset was on its way.
void WireSession::check_stream(uint8_t type, int32_t id) {
  if (side_ == Side::kClient || (type != NGHTTP2_DATA && type != NGHTTP2_HEADERS) || id % 2 == 0) return;
  if (id > last_opened_) {
    if (type == NGHTTP2_HEADERS) last_opened_ = id;
    return;
  }
  if (goaway_sent_ || nghttp2_session_find_stream(wire_, id) != nullptr) return;
  if (std::find(ended_by_us_.begin(), ended_by_us_.end(), id) != ended_by_us_.end()) return;
  const bool ended = type == NGHTTP2_DATA || std::find(ended_.begin(), ended_.end(), id) != ended_.end();
  odd(Glitch::kOther);
  terminate(ended ? NGHTTP2_STREAM_CLOSED : NGHTTP2_PROTOCOL_ERROR);
}

}  // namespace weft::proxy
