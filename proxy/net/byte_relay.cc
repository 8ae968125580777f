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
// What a direction has moved before it is worth a pipe: setting one up costs as much as copying this.
constexpr uint64_t kWorthAPipe = 128 * 1024;

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
    uint64_t carried = 0;
    for (unsigned reads = 1;; ++reads) {
      const Wake readable = co_await from.readable(deadline());
      if (ends(readable)) co_return;
      if (readable != Wake::kReady) continue;
      Pipe pipe;
      if (spliceable_ && carried >= kWorthAPipe) pipe = pipes_.take();
      uint64_t bytes = 0;
      const Moved now = pipe ? co_await through_pipe(from, to, pipe, bytes) : co_await through_buffer(from, to, bytes);
      moved.add(bytes);
      carried += bytes;
      if (now == Moved::kEnd) co_return;
      if (now == Moved::kSome && reads % kReadsPerTurn == 0) co_await NextTurn{loop_};
    }
  }

  Task<Moved> through_buffer(Connection& from, Connection& to, uint64_t& bytes) {
    Buffer buffer = buffers_.take();
    const IoResult got = from.try_read({buffer.bytes(), buffer.size()});
    if (got.bytes == 0) co_return without_bytes(got, from, to);
    bytes = got.bytes;
    if (&from == &downstream_) names_.see({buffer.bytes(), got.bytes});
    for (size_t sent = 0;;) {
      const IoResult put = to.try_write(std::span<const char>(buffer.bytes() + sent, got.bytes - sent));
      sent += put.bytes;
      if (!wrote(put)) co_return Moved::kEnd;
      if (sent == got.bytes) co_return Moved::kSome;
      if (!put.would_block) continue;
      const Wake writable = co_await to.writable(deadline());
      if (ends(writable)) co_return Moved::kEnd;
    }
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
