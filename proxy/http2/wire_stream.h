// A stream as its session keeps it: what came and waits for its owner, what its owner has handed over and nghttp2 has
// not asked for. Lives until both its owner and nghttp2 have let go of it, and, when the session ends before, as long
// as its owner wants. Worker's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proxy/http2/inbox.h"
#include "proxy/http2/pooled_text.h"
#include "proxy/http2/stream.h"

namespace weft::proxy {

class WireSession;

class WireStream final : public Http2Stream {
 public:
  static WireStream* make(WireSession& session);

  std::string_view head() const override;
  void next_head() override;
  bool tunnel() const override { return tunnel_; }
  std::string_view scheme() const override { return scheme_; }
  std::string_view pending() const override { return inbox_.front(); }
  bool pending_is_all() const override { return inbox_.front().size() == inbox_.size(); }
  void consume(size_t bytes) override;
  bool peer_ended() const override { return peer_ended_; }
  std::string_view trailers() const override { return trailers_.view(); }
  void send_head(std::span<const Header> fields, bool end) override;
  void send_body(std::string_view bytes, bool end) override;
  bool send_rest(std::string_view bytes, std::span<const Header> trailers) override;
  void send_trailers(std::span<const Header> fields) override;
  bool drained() const override { return body_.empty() || !rest_.empty(); }
  void reset(uint32_t code) override;
  StreamEnd end() const override { return end_; }
  uint32_t error_code() const override { return error_code_; }

  int32_t id() const { return id_; }
  TimePoint begun() const { return begun_; }
  // Content waits for nghttp2, which asks for it when the peer's windows allow.
  bool wants_window() const { return !body_.empty(); }

 private:
  friend class WireSession;
  friend struct Frames;

  // Heads that have come and were not taken. Interim answers beyond are dropped, but the last place is the answer's.
  static constexpr size_t kHeads = 4;
  // Content below this is copied, from there on it leaves from where it lies.
  static constexpr size_t kReferred = 2048;

  explicit WireStream(WireSession& session) : session_(&session) {}
  ~WireStream() override = default;
  void release() override;
  // heads_ has grown by a head.
  void add_head(size_t size);
  void add_trailers(std::span<const Header> fields);
  void drop_body();
  bool can_send() const { return session_ != nullptr && !closed_ && !local_end_; }
  // The session, or nghttp2, has come to the end of it.
  void finish(StreamEnd end, uint32_t code);
  void wake_owner();
  // Nobody refers to it.
  bool forgotten() const { return orphan_ && closed_ && pins_ == 0; }
  void destroy();

  WireSession* session_;  // null: it has ended
  int32_t id_ = 0;        // 0: not sent yet
  StreamEnd end_ = StreamEnd::kNone;
  uint32_t error_code_ = 0;
  uint16_t refused_ = 0;  // the status it is to be refused with
  TimePoint begun_{};

  // Among the session's streams, those with news for their owners, and those whose content has left.
  WireStream* next_ = nullptr;
  WireStream* previous_ = nullptr;
  WireStream* next_with_news_ = nullptr;
  WireStream* next_drained_ = nullptr;
  uint8_t pins_ = 0;  // it is in one of these lists, or being woken

  bool has_news_ = false;
  bool in_drained_ = false;
  bool announced_ = false;   // servers: its owner has it
  bool orphan_ = false;      // its owner does not want it any more
  bool closed_ = false;      // nghttp2 knows it no more
  bool head_sent_ = false;   // the final one, handed to nghttp2
  bool final_head_ = false;  // clients: it has come
  bool body_end_ = false;    // body_ is the last of it
  bool local_end_ = false;   // the end was handed over
  bool end_sent_ = false;    // and has left
  bool peer_ended_ = false;
  bool peer_reset_ = false;
  bool reset_ = false;     // by us, on purpose
  bool leaving_ = false;   // and it was handed to nghttp2
  bool deferred_ = false;  // nghttp2 waits for content
  bool tunnel_ = false;

  uint8_t head_count_ = 0;
  std::array<uint32_t, kHeads> head_sizes_{};
  size_t head_at_ = 0;  // of the first in heads_
  PooledText heads_;
  PooledText trailers_;
  Inbox inbox_;
  std::string_view body_;  // not asked for yet; its owner's, or in rest_
  PooledText rest_;
  TimePoint rest_since_{};
  PooledText last_lines_;  // trailers to be sent
  std::string scheme_;
};

}  // namespace weft::proxy
