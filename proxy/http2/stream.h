// One request and its answer on an HTTP/2 connection, seen alike from both ends. Heads are kept in the form of
// HTTP/1.1, so that one parser, one admission and one set of edits serve both protocols. What the peer sends waits here
// until it is consumed, and only then is its window given back; what is sent leaves with the session's next flush, at
// the end of the loop's turn. Belongs to whoever holds the pointer, outlives its session if need be; worker's thread
// only. At most one waiter a direction.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "policies/request.h"
#include "proxy/runtime/connection.h"

namespace weft::proxy {

class Http2Session;

// How a stream ended before its time.
enum class StreamEnd : uint8_t {
  kNone,     // it goes on, or both sides ended it in order
  kReset,    // by the peer, or by reset(); error_code() says why
  kRefused,  // the peer provably did not begin with it (RFC 9113 section 8.7: REFUSED_STREAM, or beyond a GOAWAY)
  kConnectionLost,  // the connection closed, was reset or given up underneath
  kPeerViolation,   // the peer broke the protocol on it, and it was reset for that
};

class Http2Stream {
 public:
  Http2Stream() = default;
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;
  virtual ~Http2Stream() {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

  // ---- What has come.
  // The next head that has come complete, in HTTP/1.1's form with its blank line: "GET /path HTTP/1.1\r\nhost:
  // a\r\n...", "HTTP/1.1 200\r\n...". Of a client's stream an interim answer (1xx) comes first, and next_head() makes
  // room for what follows it. Empty: none yet. A CONNECT with :protocol is "GET /path HTTP/1.1" with "connection:
  // upgrade" and "upgrade: <protocol>" (RFC 8441); tunnel() tells. Says nothing of framing but the content-length that
  // the peer gave: a head that came when peer_ended() is all there is, any other has content behind it.
  virtual std::string_view head() const = 0;
  virtual void next_head() = 0;
  // :protocol was there: DATA both ways is the other protocol's bytes.
  virtual bool tunnel() const = 0;
  // ":scheme" of a request.
  virtual std::string_view scheme() const = 0;
  // Content that has come and was not consumed, as far as it lies in one piece; stays at its address until it is
  // consumed. After consume() there may be another piece.
  virtual std::string_view pending() const = 0;
  // pending() is all that has come. False: after it was consumed there may be another piece.
  virtual bool pending_is_all() const { return pending().empty(); }
  virtual void consume(size_t bytes) = 0;
  // The peer has ended its side, and the session has checked it against its content-length (RFC 9113 section 8.1.1);
  // there may still be something pending().
  virtual bool peer_ended() const = 0;
  // Lines "name: value\r\n" behind the content; complete once peer_ended().
  virtual std::string_view trailers() const = 0;

  // ---- What is sent. Pseudo-headers first, by their own names (":status"); names may have any case, they leave in
  // lower case. Everything a call refers to is copied, but for send_body(). After the end, or on a stream that has
  // ended, nothing is sent and no harm done.
  virtual void send_head(std::span<const Header> fields, bool end) = 0;
  // Content. The bytes are only referred to: they stay where they are until drained(). Nothing may be on loan already.
  virtual void send_body(std::string_view bytes, bool end) = 0;
  // Content, then trailers: all that is left of an answer. True: it is little and the peer has room for it, so it was
  // copied, nothing is on loan and its owner need not wait. False: nothing was done.
  virtual bool send_rest(std::string_view bytes, std::span<const Header> trailers) = 0;
  // Ends this side.
  virtual void send_trailers(std::span<const Header> fields) = 0;
  // Everything handed over has left for the connection, or was copied.
  virtual bool drained() const = 0;
  // RST_STREAM; both sides have ended then, and what was on loan no longer is. `code`: RFC 9113 section 7.
  virtual void reset(uint32_t code) = 0;

  // ---- How it stands.
  // A peer that has sent all of an answer and resets with NO_ERROR wants no more of the request: that is kNone.
  virtual StreamEnd end() const = 0;
  virtual uint32_t error_code() const = 0;

  // co_await s.readable(): resumes when a head, content, the peer's end or a failure is there that was not when it was
  // asked last; co_await s.writable(): when drained() or failed. kCancelled: interrupt() was called.
  class Wait;
  Wait readable();
  Wait writable();
  // Whoever waits now goes on with kCancelled.
  void interrupt();
  // While nobody waits for readable(), this is called when the stream fails (not for content), so that who is busy
  // elsewhere learns that its client has gone. nullptr ends it.
  void set_end_callback(void (*callback)(void*, Http2Stream&), void* owner) {
    end_callback_ = callback;
    end_owner_ = owner;
  }

 protected:
  friend struct LetGo;
  struct Side {
    std::coroutine_handle<> waiter;
    bool ready = false;
    Wake wake = Wake::kReady;
  };
  // Nobody holds it any more.
  virtual void release() = 0;
  // Resumes who waits, or lets the next wait end at once.
  static void wake(Side& side);
  Side reader_;
  Side writer_;
  void (*end_callback_)(void*, Http2Stream&) = nullptr;
  void* end_owner_ = nullptr;
  bool* destroyed_ = nullptr;  // of the innermost interrupt()
};

// Lets go of a stream: what was not finished is reset (CANCEL; NO_ERROR where an answer ended before its request). What
// was handed over by copy still leaves.
struct LetGo {
  void operator()(Http2Stream* stream) const { stream->release(); }
};
using Http2StreamPtr = std::unique_ptr<Http2Stream, LetGo>;

class Http2Stream::Wait {
 public:
  bool await_ready() noexcept {
    if (!side_.ready) return false;
    side_.ready = false;
    side_.wake = Wake::kReady;
    return true;
  }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { side_.waiter = waiter; }
  Wake await_resume() const noexcept { return side_.wake; }

 private:
  friend class Http2Stream;
  explicit Wait(Side& side) : side_(side) {}
  Side& side_;
};

inline void Http2Stream::wake(Side& side) {
  if (!side.waiter) {
    side.ready = true;
    return;
  }
  side.wake = Wake::kReady;
  std::exchange(side.waiter, nullptr).resume();
}

// Who goes on first may end the other's wait as well, and the stream: the other is looked up only then.
inline void Http2Stream::interrupt() {
  if (reader_.waiter) {
    bool destroyed = false;
    bool* const outer = std::exchange(destroyed_, &destroyed);
    reader_.wake = Wake::kCancelled;
    std::exchange(reader_.waiter, nullptr).resume();
    if (destroyed) {
      if (outer != nullptr) *outer = true;
      return;
    }
    destroyed_ = outer;
  }
  if (!writer_.waiter) return;
  writer_.wake = Wake::kCancelled;
  std::exchange(writer_.waiter, nullptr).resume();
}

inline Http2Stream::Wait Http2Stream::readable() { return Wait(reader_); }
inline Http2Stream::Wait Http2Stream::writable() { return Wait(writer_); }

}  // namespace weft::proxy
