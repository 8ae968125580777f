// The session on nghttp2. Frames are read and written in batches, and nobody is woken within: who has news is noted
// and told afterwards, so that whatever its owner does then (send, let go, close) is an ordinary call. Worker's thread
// only.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "proxy/http2/frame_scan.h"
#include "proxy/http2/head_text.h"
#include "proxy/http2/outbox.h"
#include "proxy/http2/session.h"
#include "proxy/http2/wire_stream.h"
#include "proxy/runtime/dead_peer.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/runtime/glitches.h"

struct nghttp2_session;

namespace weft::proxy {

class WireSession final : public Http2Session {
 public:
  WireSession(Worker& worker, Connection& connection, Side side, const Http2Limits& limits, Keeper& keeper);
  ~WireSession() override;
  WireSession(const WireSession&) = delete;
  WireSession& operator=(const WireSession&) = delete;

  Task<void> run(std::string_view received, Http2Times times, Buffer lent) override;
  Http2StreamPtr open() override;
  bool accepts_streams() const override;
  bool finished() const override { return over_ || terminated_ || draining_ || goaway_received_ || ids_used_up(); }
  size_t open_streams() const override { return count_; }
  bool takes_tunnels() const override;
  bool settled() const override { return settled_; }
  void drain() override;
  void close() override;

  // ---- For its streams.
  void submit_head(WireStream& stream, std::span<const Header> fields, bool end);
  void resume_body(WireStream& stream);
  bool has_room_for(const WireStream& stream, size_t bytes) const;
  void note_rest(WireStream& stream);
  void forget_rest() { --rests_; }
  void submit_reset(WireStream& stream, uint32_t code);
  void give_window_back(WireStream& stream, size_t bytes);
  void on_released(WireStream& stream);

 private:
  friend struct Frames;

  // Calls a member when its time has come.
  template <void (WireSession::*kCall)()>
  class Alarm final : public Timer {
   public:
    explicit Alarm(WireSession& session) : session_(session) {}
    void on_timer() override { (session_.*kCall)(); }

   private:
    WireSession& session_;
  };
  // A flush that was put off; outlives the session when that ends before.
  struct Ticket {
    WireSession* session;
    static void* operator new(size_t size) { return allocate_frame(size); }
    static void operator delete(void* ticket, size_t size) { free_frame(ticket, size); }
  };
  // Reading rests while the peer takes nothing of what it caused.
  struct Rest {
    WireSession& session;
    bool await_ready() const noexcept { return !session.congested(); }
    void await_suspend(std::coroutine_handle<> reader) noexcept { session.resting_ = reader; }
    void await_resume() const noexcept {}
  };

  WireStream& add_stream();
  void unlink(WireStream& stream);
  void recycle_if_forgotten(WireStream& stream);
  void note_news(WireStream& stream);
  void note_drained(WireStream& stream);
  void tell_news();
  void tell_drained();
  void announce(WireStream& stream);
  void fail_streams();
  void stream_gone(WireStream& stream);
  void rest_if_idle();

  void read_once();
  void feed(std::string_view bytes);
  bool hand_to_wire(std::string_view bytes);
  void wire_failed(int error);
  void schedule_flush();
  void flush();
  void push(const WireStream& stream);
  bool gather();
  Task<void> write_when_possible();
  void end_if_done();
  Task<void> say_goodbye();
  bool congested() const;
  bool ids_used_up() const;
  void terminate(uint32_t code);
  // oddities.cc: what is legal and adds up.
  void odd(Glitch kind, uint32_t points = 1);
  void odd_at_times(Glitch kind, uint16_t times);
  void weigh_frame(uint8_t type, uint8_t flags, size_t length);
  void weigh_window_update(const WireStream* stream, uint32_t increment);
  void weigh_reset(const WireStream& stream);
  void check_stream(uint8_t type, int32_t id);
  void note_dead(int32_t id, bool ours);
  void earn();
  void send_last_goaway(uint32_t code);
  void on_idle();
  void on_head_late();
  void on_goaway_due();
  void settings_taken();
  void on_patience_over();
  void on_delivery_due();
  void watch_rests();
  void on_rests_late();
  static void run_flush(const Ticket& ticket);

  Worker& worker_;
  Connection& connection_;
  const Side side_;
  const Http2Limits limits_;
  Keeper& keeper_;
  Http2Times times_;
  nghttp2_session* wire_ = nullptr;
  SharedBuffer* reading_ = nullptr;  // what feed() works on
  Outbox outbox_;
  std::string_view held_;  // a frame that did not fit
  HeadText head_text_;
  WireStream* head_of_ = nullptr;  // whose head is being received
  bool head_open_ = false;         // a head has begun to come
  uint32_t head_frame_bytes_ = 0;  // of its frames

  WireStream* streams_ = nullptr;
  size_t count_ = 0;    // of those that nghttp2 knows, or will
  size_t leaving_ = 0;  // of them, that we have reset and whose RST_STREAM has not left
  size_t kept_ = 0;     // of all in the list
  WireStream* first_with_news_ = nullptr;
  WireStream* last_with_news_ = nullptr;
  WireStream* first_drained_ = nullptr;
  WireStream* last_drained_ = nullptr;

  Alarm<&WireSession::on_idle> idle_alarm_{*this};
  Alarm<&WireSession::on_head_late> head_alarm_{*this};
  Alarm<&WireSession::on_goaway_due> goaway_alarm_{*this};
  Alarm<&WireSession::on_patience_over> patience_alarm_{*this};
  Alarm<&WireSession::on_delivery_due> delivery_alarm_{*this};
  Delivery delivery_;
  Alarm<&WireSession::on_rests_late> rests_alarm_{*this};
  uint32_t rests_ = 0;        // streams whose last content was copied, and has not left
  Ticket* ticket_ = nullptr;  // the loop's: a flush is under way to the end of the turn
  unsigned pushes_ = 0;       // since the last flush that was put off
  std::coroutine_handle<> resting_;

  Glitches glitches_;
  std::array<uint16_t, static_cast<size_t>(Glitch::kCount)> odd_times_{};  // since the last point
  uint32_t head_frames_ = 0;                                               // of the head that comes
  uint32_t earned_ = 64;   // PINGs and WINDOW_UPDATEs that what we send explains
  uint32_t answered_ = 0;  // streams that ended in order, and were not set against resets

  // Servers: the last stream that was opened; some that have ended, and some whose frames are to be ignored because it
  // was we who ended them.
  FrameScan scan_;
  int32_t last_opened_ = 0;
  std::array<int32_t, 8> ended_{};
  uint32_t next_ended_ = 0;
  std::vector<int32_t> ended_by_us_;
  uint32_t next_by_us_ = 0;

  bool settings_came_ = false;  // the first has begun to
  bool settled_ = false;        // and is in force

  bool running_ = false;
  bool flushing_ = false;
  bool writer_waits_ = false;  // write_when_possible() runs
  bool over_ = false;          // nothing is read any more
  bool broken_ = false;        // nothing can be sent any more
  bool wire_done_ = false;     // its streams are gone, nghttp2 is not asked any more
  bool failed_ = false;        // nghttp2 reads no more
  bool draining_ = false;
  bool goaway_sent_ = false;  // with the last stream that is served
  bool goaway_received_ = false;
  bool terminated_ = false;  // with a last word
  bool room_changed_ = false;
};

}  // namespace weft::proxy
