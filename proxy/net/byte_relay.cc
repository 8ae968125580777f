#include "proxy/net/byte_relay.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proxy/runtime/dead_peer.h"
#include "proxy/runtime/sleep.h"

namespace weft::proxy {
namespace {

// Full buffers one direction moves before the worker's other connections get their turn.
constexpr unsigned kReadsPerTurn = 16;
// A direction that brings so much at once goes through pipes from then on, until they bring so little: a pipe costs as
// much as copying 64 KiB does, at four times that it halves the cost, and small messages it makes a quarter dearer.
constexpr size_t kWorthAPipe = 48 * 1024;
constexpr size_t kNotWorthAPipe = 16 * 1024;

TimePoint after(TimePoint start, Nanoseconds limit) { return limit.count() == 0 ? kNever : start + limit; }

class ByteRelay final : private Timer {
 public:
  ByteRelay(Worker& worker, const ConnectionPlan& plan, DestinationCounters& counters, Connection& downstream,
            Connection& upstream, AskedNames names)
      : loop_(worker.loop),
        buffers_(worker.buffers),
        pipes_(worker.pipes),
        spliced_(worker.counters.bytes_spliced),
        counters_(counters),
        downstream_(downstream),
        upstream_(upstream),
        names_(std::move(names)),
        idle_timeout_(plan.idle_timeout),
        end_(after(loop_.now(), plan.max_connection_duration)),
        last_byte_(loop_.now()),
        spliceable_(downstream.tls() == nullptr && upstream.tls() == nullptr) {}
  ~ByteRelay() override { loop_.disarm(*this); }

  Task<void> run() {
    spawn(upload());
    co_await pump(upstream_, downstream_, counters_.bytes_sent);
    if (!uploaded_) co_await Uploaded{*this};
    // Whoever ended it is still on the stack and uses both connections.
    co_await NextTurn{loop_};
  }

 private:
  enum class Moved : uint8_t { kSome, kNothing, kEnd };

  // Resumes when upload() has ended.
  struct Uploaded {
    ByteRelay& relay;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { relay.waiter_ = waiter; }
    void await_resume() const noexcept {}
  };

  Task<void> upload() {
    co_await pump(downstream_, upstream_, counters_.bytes_received);
    uploaded_ = true;
    if (waiter_) waiter_.resume();
  }

  Task<void> pump(Connection& from, Connection& to, Counter& moved) {
    bool many = false;
    for (unsigned reads = 1;; ++reads) {
      const Wake readable = co_await from.readable(deadline());
      if (ends(readable)) co_return;
      if (readable != Wake::kReady) continue;
      Moved now = Moved::kNothing;
      Pipe pipe;
      if (many && spliceable_) pipe = pipes_.take();
      if (pipe) {
        uint64_t bytes = 0;
        now = co_await through_pipe(from, to, pipe, bytes);
        moved.add(bytes);
        many = bytes == 0 || bytes >= kNotWorthAPipe;
      } else {
        // Not a task of its own: it rarely waits, and is what a small message costs.
        Buffer buffer = buffers_.take();
        const IoResult got = from.try_read({buffer.bytes(), buffer.size()});
        std::span<const char> left{buffer.bytes(), got.bytes};
        moved.add(got.bytes);
        many = got.bytes >= kWorthAPipe;
        if (&from == &downstream_) names_.see({left.data(), left.size()});
        now = left.empty() ? without_bytes(got, from, to) : write(to, left);
        if (!left.empty() && now == Moved::kNothing) now = co_await write_rest(to, left);
      }
      if (now == Moved::kEnd) co_return;
      if (now == Moved::kSome && reads % kReadsPerTurn == 0) co_await NextTurn{loop_};
    }
  }

  // kNothing: the rest of `left` has to wait.
  Moved write(Connection& to, std::span<const char>& left) {
    for (;;) {
      const IoResult put = to.try_write(left);
      left = left.subspan(put.bytes);
      if (!wrote(put)) return Moved::kEnd;
      if (left.empty()) return Moved::kSome;
      if (put.would_block) return Moved::kNothing;
    }
  }

  Task<Moved> write_rest(Connection& to, std::span<const char> left) {
    Moved now = Moved::kNothing;
    while (now == Moved::kNothing) {
      const Wake writable = co_await to.writable(deadline());
      if (ends(writable)) co_return Moved::kEnd;
      now = write(to, left);
    }
    co_return now;
  }

  Task<Moved> through_pipe(Connection& from, Connection& to, Pipe& pipe, uint64_t& bytes) {
    const IoResult got = from.splice_into(pipe.in(), PipePool::kPipeBytes);
    if (got.error == EINVAL) {
      spliceable_ = false;
      co_return Moved::kNothing;
    }
    if (got.bytes == 0) co_return without_bytes(got, from, to);
    bytes = pipe.held = got.bytes;
    spliced_.add(got.bytes);
    while (pipe.held > 0) {
      const IoResult put = to.splice_from(pipe.out(), pipe.held);
      pipe.held -= put.bytes;
      if (!wrote(put)) co_return Moved::kEnd;
      if (!put.would_block) continue;
      const Wake writable = co_await to.writable(deadline());
      if (ends(writable)) co_return Moved::kEnd;
    }
    co_return Moved::kSome;
  }

  Moved without_bytes(const IoResult& got, Connection& from, Connection& to) {
    if (got.would_block) return Moved::kNothing;
    if (got.closed) {
      to.shutdown_write();
      from.set_idle_callback(&ByteRelay::on_late_event, this);
    } else {
      abort();
    }
    return Moved::kEnd;
  }

  // False: nothing can be written any more.
  bool wrote(const IoResult& put) {
    if (put.error != 0) {
      abort();
      return false;
    }
    if (put.bytes == 0) return true;
    last_byte_ = loop_.now();
    if (!armed()) loop_.arm(*this, last_byte_ + Delivery::kInterval);
    return true;
  }

  // Something was written since the last look, or is on its way still.
  void on_timer() override {
    const Delivery::State down = to_downstream_.look(downstream_.descriptor(), loop_.now());
    const Delivery::State up = to_upstream_.look(upstream_.descriptor(), loop_.now());
    if (down == Delivery::State::kStuck || up == Delivery::State::kStuck) return abort();
    if (down == Delivery::State::kDone && up == Delivery::State::kDone) return;
    loop_.arm(*this, loop_.now() + Delivery::kInterval);
  }

  TimePoint deadline() const { return std::min(end_, after(last_byte_, idle_timeout_)); }

  // A wait ended so: is that the end of the relay? (A deadline may have moved meanwhile.)
  bool ends(Wake wake) {
    if (wake == Wake::kReady) return false;
    if (wake == Wake::kDeadline && loop_.now() < deadline()) return false;
    end_both();
    return true;
  }

  void end_both() {
    // Revoked: the service must not take this for the orderly end of what it was told.
    if (downstream_.resets_on_close()) upstream_.reset_on_close();
    downstream_.cancel();
    upstream_.cancel();
  }

  void abort() {
    downstream_.reset_on_close();
    upstream_.reset_on_close();
    end_both();
  }

  // A side that has sent its end is not read any more, but it may still be reset, or the session be cancelled.
  static void on_late_event(void* owner, Connection& connection) {
    auto* relay = static_cast<ByteRelay*>(owner);
    if (connection.cancelled()) return relay->end_both();
    if (connection.take_error() != 0) relay->abort();
  }

  EventLoop& loop_;
  BufferPool& buffers_;
  PipePool& pipes_;
  Counter& spliced_;
  DestinationCounters& counters_;
  Connection& downstream_;
  Connection& upstream_;
  AskedNames names_;
  const Nanoseconds idle_timeout_;
  const TimePoint end_;
  TimePoint last_byte_;
  Delivery to_downstream_;
  Delivery to_upstream_;
  bool spliceable_;
  bool uploaded_ = false;
  std::coroutine_handle<> waiter_;
};

}  // namespace

Task<void> relay_bytes(Worker& worker, const ConnectionPlan& plan, DestinationCounters& counters,
                       Connection& downstream, Connection& upstream, AskedNames names) {
  ByteRelay relay(worker, plan, counters, downstream, upstream, std::move(names));
  co_await relay.run();
}

}  // namespace weft::proxy
