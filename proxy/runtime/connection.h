// One stream socket of a worker: non-blocking reads and writes that never wait, and awaitable readiness with a deadline. Send
// first, wait only on EAGAIN; a read shorter than its buffer means drained, so the next read waits for an event instead of asking
// the kernel (unless the peer has closed). Owned by exactly one session or pool; worker's thread only. At most one waiter a
// direction.
#pragma once

#include <sys/uio.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "proxy/runtime/event_loop.h"

namespace weft::proxy {

// What one try gave. Exactly one of: bytes > 0; closed (orderly end of stream, reads only); would_block; error (an errno).
struct IoResult {
  size_t bytes = 0;
  bool closed = false;
  bool would_block = false;
  int error = 0;
};

enum class Wake : uint8_t { kReady, kDeadline, kCancelled };

class Connection final : private Watcher {
 public:
  // Takes over a non-blocking descriptor.
  Connection(EventLoop& loop, int descriptor);
  ~Connection() override;  // closes; a waiter must not exist any more

  IoResult try_read(std::span<char> buffer);
  IoResult try_write(std::span<const iovec> pieces);  // one sendmsg, MSG_NOSIGNAL
  IoResult try_write(std::span<const char> bytes);

  // co_await c.readable(deadline): resumes at once when data may be there, else when it is, when the deadline passes or when
  // cancel() is called. writable() likewise.
  class Wait;
  Wait readable(TimePoint deadline);
  Wait writable(TimePoint deadline);
  // Resumes the waiters with kCancelled.
  void cancel();

  // A reader waits for the peer: without a waiter, called when the peer closes or sends while the connection idles in a pool.
  void set_idle_callback(void (*callback)(void*, Connection&), void* owner);

  void shutdown_write();  // half close
  void reset_on_close();  // the destructor sends RST instead of FIN
  // A close or reset by the peer has been signalled (it may still have data before it).
  bool peer_closed() const;
  int descriptor() const;

  uint64_t bytes_written() const;  // accepted by the kernel since the start
  // The peer's TCP has acknowledged nothing after the first `offset` bytes written (TCP_INFO); false when unknown.
  bool nothing_acknowledged_after(uint64_t offset) const;

  // "10.0.0.5:41234"
  std::string peer_address() const;

 private:
  void on_events(uint32_t events) override;
};

}  // namespace weft::proxy
