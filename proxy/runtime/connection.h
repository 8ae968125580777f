// One stream socket of a worker: non-blocking reads and writes that never wait, and awaitable readiness with a
// deadline. Send first, wait only on EAGAIN; a read shorter than its buffer means drained, so the next read waits for
// an event instead of asking the kernel (unless the peer has closed). Owned by exactly one session or pool; worker's
// thread only. At most one waiter a direction.
#pragma once

#include <sys/uio.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "policies/request.h"
#include "proxy/runtime/event_loop.h"

namespace weft::proxy {

class BufferPool;
class TlsLayer;
class TlsStream;

// What one try gave. Exactly one of: bytes > 0; closed (orderly end of stream, reads only); would_block; error (an
// errno).
struct IoResult {
  size_t bytes = 0;
  bool closed = false;
  bool would_block = false;
  int error = 0;
};

enum class Wake : uint8_t { kReady, kDeadline, kCancelled };

class Connection final : private Watcher {
 public:
  // Takes over a non-blocking descriptor. kConnecting: connect() is under way, it becomes writable when that ends.
  enum class State : uint8_t { kConnected, kConnecting };
  Connection(EventLoop& loop, int descriptor, State state = State::kConnected);
  ~Connection() override;  // closes; a waiter must not exist any more
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  IoResult try_read(std::span<char> buffer);
  IoResult try_write(std::span<const iovec> pieces);  // one sendmsg, MSG_NOSIGNAL
  IoResult try_write(std::span<const char> bytes);

  // Plaintext only: at most `limit` bytes from the socket into an empty pipe, `size` bytes of a pipe into the socket,
  // without copying them (splice). As try_read and try_write otherwise.
  IoResult splice_into(int pipe, size_t limit);
  IoResult splice_from(int pipe, size_t size);

  // What has come, without taking it; plaintext only. After expect_more() the next readable() waits until there is
  // more.
  IoResult peek(std::span<char> buffer);
  void expect_more() { reader_.ready = false; }
  // In the middle of much: the next readable() waits for the loop's next turn, so that other connections get theirs.
  void rest() {
    if (std::exchange(reader_.ready, false)) loop_.tell_again(this, EPOLLIN);
  }

  // co_await c.readable(deadline): resumes at once when data may be there, else when it is, when the deadline passes
  // (at once when it has) or when cancel() is called. writable() likewise.
  class Wait;
  Wait readable(TimePoint deadline);
  Wait writable(TimePoint deadline);
  // Resumes the waiters with kCancelled; so does every later wait. try_read and try_write still work.
  void cancel();
  bool cancelled() const { return cancelled_; }
  // The same once, for those who wait now; later waits wait again.
  void interrupt() { wake_sides(true, true, Wake::kCancelled); }
  // Resumes a waiting reader with kReady though nothing came: it looks around (a drain has begun) and waits again. Who
  // does not wait just then, or finds bytes when it is woken, asks take_nudge().
  void nudge();
  bool take_nudge() { return std::exchange(nudged_, false); }

  // A reader waits for the peer; while nobody does (the connection idles in a pool, its session waits for something
  // else), this is called when the peer sends, closes or resets, and on cancel(). It may destroy the connection.
  // nullptr ends it.
  void set_idle_callback(void (*callback)(void*, Connection&), void* owner) {
    idle_callback_ = callback;
    idle_owner_ = owner;
  }

  // From here on the connection speaks TLS. Until shake_hands() (proxy/runtime/handshake.h) has succeeded nothing may
  // be read or written. Its end is part of the stream: a peer that closes without saying so is an error.
  void start_tls(std::unique_ptr<TlsStream> stream, BufferPool& buffers);
  // Null: plaintext.
  TlsLayer* tls() const { return tls_.get(); }
  // Plaintext again, after a handshake that found none. What had come is gone.
  void drop_tls();
  // Who is at the other end, as far as TLS tells.
  Peer peer() const;
  // Ends with the connection.
  class Companion {
   public:
    Companion() = default;
    Companion(const Companion&) = delete;
    Companion& operator=(const Companion&) = delete;
    virtual ~Companion() = default;
  };
  void accompany(std::unique_ptr<Companion> companion) { companion_ = std::move(companion); }
  Companion* companion() const { return companion_.get(); }

  // Of the material its TLS goes by; 0: plaintext.
  uint64_t trust_version() const;

  void shutdown_write();                             // half close
  void reset_on_close() { reset_on_close_ = true; }  // the destructor sends RST instead of FIN
  bool resets_on_close() const { return reset_on_close_; }
  // A close or reset by the peer has been signalled (it may still have data before it).
  bool peer_closed() const { return peer_closed_; }
  // Bytes, or the end of the stream, may wait to be read; a pool does not keep such a connection.
  bool maybe_readable() const { return reader_.ready; }
  int descriptor() const { return descriptor_; }
  TimePoint opened() const { return opened_; }
  // What the kernel holds against the socket since the last call (SO_ERROR): why a connect failed. 0: nothing.
  int take_error();

  uint64_t bytes_written() const { return bytes_written_; }  // accepted by the kernel since the start, ciphertext
  // The peer's TCP has acknowledged nothing after the first `offset` bytes written (TCP_INFO), so its application has
  // seen none of it. False when unknown, which includes a reset that no orderly close preceded: the peer may have read
  // bytes whose acknowledgement it was still delaying. For connections we opened.
  bool nothing_acknowledged_after(uint64_t offset) const;

  // "10.0.0.5:41234"
  std::string peer_address() const;

 private:
  // One direction: whether it is worth a try, and who waits until it is.
  struct Side final : Timer {
    std::coroutine_handle<> waiter;
    bool ready = false;
    Wake wake = Wake::kReady;
    void on_timer() override;
    void resume(Wake reason);
  };

  friend class TlsLayer;
  void on_events(uint32_t events) override;
  IoResult socket_read(std::span<char> buffer);
  IoResult received(ssize_t result, size_t wanted);
  IoResult socket_write(std::span<const char> bytes);
  bool call_idle_callback();  // false: it destroyed the connection
  void wake_sides(bool reader, bool writer, Wake reason);
  IoResult written(ssize_t result, size_t wanted);

  EventLoop& loop_;
  const TimePoint opened_;
  const int descriptor_;
  bool peer_closed_ = false;
  bool cancelled_ = false;
  bool reset_on_close_ = false;
  bool reset_by_peer_ = false;
  bool nudged_ = false;
  Side reader_;
  Side writer_;
  std::unique_ptr<TlsLayer> tls_;
  std::unique_ptr<Companion> companion_;
  uint64_t bytes_written_ = 0;
  void (*idle_callback_)(void*, Connection&) = nullptr;
  void* idle_owner_ = nullptr;
  bool* destroyed_ = nullptr;  // of the innermost Tripwire

  // Says whether the connection was destroyed meanwhile: whoever is resumed or called may end it.
  class Tripwire {
   public:
    explicit Tripwire(Connection& connection)
        : connection_(connection), outer_(std::exchange(connection.destroyed_, &destroyed_)) {}
    Tripwire(const Tripwire&) = delete;
    Tripwire& operator=(const Tripwire&) = delete;
    ~Tripwire() {
      if (!destroyed_) {
        connection_.destroyed_ = outer_;
      } else if (outer_ != nullptr) {
        *outer_ = true;
      }
    }
    bool destroyed() const { return destroyed_; }

   private:
    Connection& connection_;
    bool* const outer_;
    bool destroyed_ = false;
  };
};

static_assert(sizeof(Connection) <= 200, "an idle connection is paid for by the thousand");

class Connection::Wait {
 public:
  bool await_ready() noexcept {
    if (connection_.cancelled_) {
      side_.wake = Wake::kCancelled;
    } else if (side_.ready) {
      side_.wake = Wake::kReady;
    } else if (deadline_ <= connection_.loop_.now()) {
      side_.wake = Wake::kDeadline;
    } else {
      return false;
    }
    return true;
  }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    side_.waiter = waiter;
    connection_.loop_.arm(side_, deadline_);
  }
  Wake await_resume() const noexcept { return side_.wake; }

 private:
  friend class Connection;
  Wait(Connection& connection, Side& side, TimePoint deadline)
      : connection_(connection), side_(side), deadline_(deadline) {}
  Connection& connection_;
  Side& side_;
  TimePoint deadline_;
};

inline Connection::Wait Connection::readable(TimePoint deadline) { return {*this, reader_, deadline}; }
inline Connection::Wait Connection::writable(TimePoint deadline) { return {*this, writer_, deadline}; }

}  // namespace weft::proxy
