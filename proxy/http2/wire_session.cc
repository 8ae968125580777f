#include "proxy/http2/wire_session.h"

#include <nghttp2/nghttp2.h>

#include <new>
#include <span>
#include <utility>

#include "proxy/http2/frames.h"
#include "proxy/runtime/sleep.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {
namespace {

// Frames of ours that a peer may leave lying before nothing more is read from it.
constexpr size_t kMaxQueuedFrames = 512;
constexpr unsigned kFlushRounds = 16;
constexpr unsigned kPushRounds = 3;
// Content without end is not to keep the loop from everything else.
constexpr unsigned kPushesPerTurn = 32;
constexpr unsigned kReadsPerTurn = 8;
// A peer that does not answer our PING is taken to have seen the first GOAWAY after this time.
constexpr std::chrono::seconds kGoawayDelay{1};
// How long, and how much, is read from a peer that may not have noticed the end yet.
constexpr std::chrono::seconds kLingerTime{1};
constexpr size_t kLingerBytes = 1024 * 1024;
constexpr uint32_t kLastStream = 0x7fffffff;

}  // namespace

WireSession::WireSession(Worker& worker, Connection& connection, Side side, const Http2Limits& limits, Keeper& keeper)
    : worker_(worker),
      connection_(connection),
      side_(side),
      limits_(limits),
      keeper_(keeper),
      outbox_(worker.buffers),
      head_text_(limits.max_head_bytes, limits.max_headers),
      glitches_(limits.glitches) {
  wire_ = Frames::make(*this);
}

WireSession::~WireSession() {
  if (ticket_ != nullptr) ticket_->session = nullptr;
  fail_streams();
  nghttp2_session_del(wire_);
}

Task<void> WireSession::run(std::string_view received, Http2Times times, Buffer lent) {
  running_ = true;
  times_ = times;
  if (count_ == 0 && times_.idle.count() > 0) worker_.loop.arm(idle_alarm_, worker_.loop.now() + times_.idle);
  worker_.loop.arm(patience_alarm_, worker_.loop.now() + times_.settings);
  if (!received.empty()) feed(received);
  lent.release();
  schedule_flush();
  TimePoint turn{};
  for (unsigned reads = 0; !over_;) {
    if (congested()) co_await Rest{*this};
    if (over_) break;
    if (connection_.take_nudge()) keeper_.on_nudge();
    const Wake wake = co_await connection_.readable(kNever);
    if (wake == Wake::kCancelled) broken_ = over_ = true;
    if (over_) break;
    read_once();
    reads = worker_.loop.now() == std::exchange(turn, worker_.loop.now()) ? reads + 1 : 0;
    if (reads >= kReadsPerTurn && !over_) co_await NextTurn{worker_.loop};
  }
  worker_.loop.disarm(idle_alarm_);
  worker_.loop.disarm(head_alarm_);
  worker_.loop.disarm(goaway_alarm_);
  worker_.loop.disarm(patience_alarm_);
  worker_.loop.disarm(delivery_alarm_);
  worker_.loop.disarm(rests_alarm_);
  while (flushing_) co_await NextTurn{worker_.loop};
  if (!broken_) flush();
  wire_done_ = true;
  fail_streams();
  if (!broken_) co_await say_goodbye();
  broken_ = true;
  if (writer_waits_) connection_.interrupt();
  running_ = false;
}

void WireSession::read_once() {
  reading_ = SharedBuffer::take_from(worker_.buffers);
  Buffer& buffer = reading_->buffer();
  const IoResult io = connection_.try_read({buffer.bytes(), buffer.size()});
  if (io.bytes > 0) feed({buffer.bytes(), io.bytes});
  std::exchange(reading_, nullptr)->let_go();
  if (io.closed || io.error != 0) broken_ = over_ = true;
}

void WireSession::feed(std::string_view bytes) {
  size_t handed = 0;
  if (side_ == Side::kServer) {
    // DATA is looked at once what comes before it has been.
    for (size_t position = 0; const std::optional<FrameScan::Begin> frame = scan_.next(bytes, position);) {
      if (frame->type != NGHTTP2_DATA) continue;
      if (!hand_to_wire(bytes.substr(handed, frame->at - handed))) break;
      handed = frame->at;
      check_stream(frame->type, frame->stream);
    }
  }
  hand_to_wire(bytes.substr(handed));
  if (head_open_ && times_.head.count() > 0) {
    if (!head_alarm_.armed()) worker_.loop.arm(head_alarm_, worker_.loop.now() + times_.head);
  } else {
    worker_.loop.disarm(head_alarm_);
  }
  tell_news();
  schedule_flush();
}

// False: nothing more is read.
bool WireSession::hand_to_wire(std::string_view bytes) {
  if (failed_) return false;
  if (bytes.empty()) return true;
  const ssize_t read = nghttp2_session_mem_recv(wire_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (read >= 0) return true;
  failed_ = true;
  wire_failed(static_cast<int>(read));
  return false;
}

// nghttp2 reads no more; what it would say is for us to say.
void WireSession::wire_failed(int error) {
  const bool too_much = error == NGHTTP2_ERR_FLOODED || error == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS ||
                        error == NGHTTP2_ERR_CALLBACK_FAILURE;
  terminate(too_much ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
}

void WireSession::terminate(uint32_t code) {
  nghttp2_session_terminate_session(wire_, code);
  if (!std::exchange(terminated_, true) && running_) {
    worker_.loop.arm(patience_alarm_, worker_.loop.now() + times_.last_word);
  }
  schedule_flush();
}

void WireSession::schedule_flush() {
  if (ticket_ != nullptr || wire_done_) return;
  auto ticket = std::make_unique<Ticket>(this);
  ticket_ = ticket.get();
  worker_.loop.defer([ticket = std::move(ticket)] { run_flush(*ticket); });
}

void WireSession::run_flush(const Ticket& ticket) {
  WireSession* const session = ticket.session;
  if (session == nullptr) return;
  session->ticket_ = nullptr;
  session->pushes_ = 0;
  session->flush();
  session->end_if_done();
}

// The next batch of frames is in the outbox; false: there are none.
bool WireSession::gather() {
  outbox_.copy(std::exchange(held_, {}));
  for (;;) {
    const uint8_t* frame = nullptr;
    const ssize_t size = nghttp2_session_mem_send(wire_, &frame);
    if (size < 0) broken_ = over_ = true;
    if (size <= 0) break;
    const std::string_view bytes{reinterpret_cast<const char*>(frame), static_cast<size_t>(size)};
    if (bytes.size() > outbox_.room()) {
      held_ = bytes;
      break;
    }
    outbox_.copy(bytes);
  }
  return !outbox_.empty() && !broken_;
}

// Large content fills a batch of its own, so nothing is gained by putting it off. At once it is still in the cache, it
// follows its head, and its buffer is free for the next. Who is to be told is told with the flush of the turn.
void WireSession::push(const WireStream& stream) {
  if (flushing_ || wire_done_ || ++pushes_ > kPushesPerTurn) return;
  for (unsigned round = 0; round < kPushRounds && !broken_ && !writer_waits_ && !stream.body_.empty(); ++round) {
    if (!gather()) break;
    if (running_ && !over_ && !delivery_alarm_.armed()) {
      worker_.loop.arm(delivery_alarm_, worker_.loop.now() + Delivery::kInterval);
    }
    const Outbox::Sent sent = outbox_.send(connection_);
    if (sent == Outbox::Sent::kBroken) broken_ = over_ = true;
    if (sent == Outbox::Sent::kBlocked) spawn(write_when_possible());
  }
}

void WireSession::flush() {
  if (flushing_) return;
  flushing_ = true;
  for (unsigned round = 0; !broken_ && !wire_done_; ++round) {
    if (round == kFlushRounds) {
      schedule_flush();
      break;
    }
    if (!writer_waits_ && gather()) {
      const Outbox::Sent sent = outbox_.send(connection_);
      if (sent == Outbox::Sent::kBroken) broken_ = over_ = true;
      if (sent == Outbox::Sent::kBlocked) spawn(write_when_possible());
    } else if (first_drained_ == nullptr) {
      break;
    }
    tell_drained();
    tell_news();
  }
  tell_news();
  flushing_ = false;
  watch_rests();
}

// Touches nothing of the session once that may have ended.
Task<void> WireSession::write_when_possible() {
  writer_waits_ = true;
  Outbox::Sent sent = Outbox::Sent::kBlocked;
  while (sent == Outbox::Sent::kBlocked) {
    const Wake wake = co_await connection_.writable(kNever);
    if (wake != Wake::kReady) {
      writer_waits_ = false;
      end_if_done();  // run() may rest
      co_return;
    }
    sent = outbox_.send(connection_);
  }
  if (sent == Outbox::Sent::kBroken) broken_ = over_ = true;
  writer_waits_ = false;
  flush();
  end_if_done();
}

// The last thing that whoever calls it does: run() may go on, and with it the session's owner.
void WireSession::end_if_done() {
  if (!over_ && !wire_done_ && outbox_.empty()) {
    const bool quiet = nghttp2_session_want_write(wire_) == 0;
    over_ = quiet && (nghttp2_session_want_read(wire_) == 0 || (goaway_sent_ && draining_ && count_ == 0));
  }
  if (!running_ || flushing_) return;
  if (resting_) {
    if (over_ || !congested()) std::exchange(resting_, nullptr).resume();
  } else if (over_) {
    connection_.nudge();
  }
}

// Closing while the peer's bytes are unread would reset the connection and take the last frames with it.
Task<void> WireSession::say_goodbye() {
  const TimePoint deadline = worker_.loop.now() + kLingerTime;
  bool told = false;
  for (size_t discarded = 0; discarded < kLingerBytes && !broken_;) {
    if (!writer_waits_ && !std::exchange(told, true)) connection_.shutdown_write();
    const Wake wake = co_await connection_.readable(deadline);
    if (wake != Wake::kReady) break;
    Buffer buffer = worker_.buffers.take();
    const IoResult io = connection_.try_read({buffer.bytes(), buffer.size()});
    if (io.closed || io.error != 0) break;
    discarded += io.bytes;
  }
}

// What a service causes is bounded by what it was asked; and one that takes no requests because its answers are not
// taken would wait for ever.
bool WireSession::congested() const {
  return side_ == Side::kServer && writer_waits_ && nghttp2_session_get_outbound_queue_size(wire_) > kMaxQueuedFrames;
}

bool WireSession::ids_used_up() const {
  return side_ == Side::kClient && nghttp2_session_get_next_stream_id(wire_) > kLastStream;
}

bool WireSession::accepts_streams() const {
  return side_ == Side::kClient && !finished() &&
         count_ < nghttp2_session_get_remote_settings(wire_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool WireSession::takes_tunnels() const {
  return nghttp2_session_get_remote_settings(wire_, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

void WireSession::drain() {
  if (std::exchange(draining_, true) || over_) return;
  if (side_ == Side::kClient) {
    if (count_ == 0) terminate(NGHTTP2_NO_ERROR);
    return;
  }
  constexpr uint8_t kMark[8] = {'d', 'r', 'a', 'i', 'n'};
  nghttp2_submit_shutdown_notice(wire_);
  nghttp2_submit_ping(wire_, NGHTTP2_FLAG_NONE, kMark);
  worker_.loop.arm(goaway_alarm_, worker_.loop.now() + kGoawayDelay);
  schedule_flush();
}

void WireSession::send_last_goaway(uint32_t code) {
  draining_ = true;
  if (std::exchange(goaway_sent_, true)) return;
  worker_.loop.disarm(goaway_alarm_);
  nghttp2_submit_goaway(wire_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(wire_), code, nullptr, 0);
  schedule_flush();
}

void WireSession::close() {
  broken_ = over_ = true;
  schedule_flush();
}

void WireSession::on_idle() {
  if (count_ == leaving_ && !over_) terminate(NGHTTP2_NO_ERROR);
}

void WireSession::on_head_late() {
  odd(Glitch::kSlowHead);
  if (!over_) terminate(NGHTTP2_ENHANCE_YOUR_CALM);
}

void WireSession::settings_taken() {
  if (!terminated_) worker_.loop.disarm(patience_alarm_);
}

// It has not acknowledged our SETTINGS, or does not read that this is the end.
void WireSession::on_patience_over() {
  if (over_) return;
  if (!terminated_) return terminate(NGHTTP2_SETTINGS_TIMEOUT);
  broken_ = over_ = true;
  end_if_done();
}

// Something was sent since the last look, or is on its way still. A peer that is gone is noticed by what it costs: a
// reset.
void WireSession::on_delivery_due() {
  const Delivery::State state = delivery_.look(connection_.descriptor(), worker_.loop.now());
  if (state == Delivery::State::kStuck) return give_up(connection_.descriptor());
  if (state == Delivery::State::kDone || over_) return;
  worker_.loop.arm(delivery_alarm_, worker_.loop.now() + Delivery::kInterval);
}

void WireSession::on_goaway_due() { send_last_goaway(NGHTTP2_NO_ERROR); }

}  // namespace weft::proxy
