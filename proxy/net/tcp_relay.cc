#include "proxy/net/tcp_relay.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/log.h"
#include "proxy/runtime/sleep.h"
#include "proxy/upstream/open.h"

namespace weft::proxy {
namespace {

// Full buffers one direction moves before the worker's other connections get their turn.
constexpr unsigned kReadsPerTurn = 16;

TimePoint after(TimePoint start, Nanoseconds limit) { return limit.count() == 0 ? kNever : start + limit; }

class Relay {
 public:
  Relay(Worker& worker, const ConnectionPlan& plan, DestinationCounters& counters, Connection& downstream,
        Connection& upstream)
      : loop_(worker.loop),
        buffers_(worker.buffers),
        counters_(counters),
        downstream_(downstream),
        upstream_(upstream),
        idle_timeout_(plan.idle_timeout),
        end_(after(loop_.now(), plan.max_connection_duration)),
        last_byte_(loop_.now()) {}

  Task<void> run() {
    spawn(upload());
    co_await pump(upstream_, downstream_, counters_.bytes_sent);
    if (!uploaded_) co_await Uploaded{*this};
    // Whoever ended it is still on the stack and uses both connections.
    co_await NextTurn{loop_};
  }

 private:
  // Resumes when upload() has ended.
  struct Uploaded {
    Relay& relay;
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
    for (unsigned reads = 1;; ++reads) {
      const Wake readable = co_await from.readable(deadline());
      if (ends(readable)) co_return;
      if (readable != Wake::kReady) continue;
      Buffer buffer = buffers_.take();
      const IoResult got = from.try_read({buffer.bytes(), buffer.size()});
      if (got.would_block) continue;
      if (got.closed) {
        to.shutdown_write();
        from.set_idle_callback(&Relay::on_late_event, this);
        co_return;
      }
      if (got.error != 0) co_return abort();
      moved.add(got.bytes);
      for (size_t sent = 0; sent < got.bytes;) {
        const IoResult put = to.try_write(std::span<const char>(buffer.bytes() + sent, got.bytes - sent));
        if (put.error != 0) co_return abort();
        sent += put.bytes;
        last_byte_ = loop_.now();
        if (!put.would_block) continue;
        const Wake writable = co_await to.writable(deadline());
        if (ends(writable)) co_return;
      }
      buffer.release();
      if (reads % kReadsPerTurn == 0) co_await NextTurn{loop_};
    }
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
    auto* relay = static_cast<Relay*>(owner);
    if (connection.cancelled()) return relay->end_both();
    if (connection.take_error() != 0) relay->abort();
  }

  EventLoop& loop_;
  BufferPool& buffers_;
  DestinationCounters& counters_;
  Connection& downstream_;
  Connection& upstream_;
  const Nanoseconds idle_timeout_;
  const TimePoint end_;
  TimePoint last_byte_;
  bool uploaded_ = false;
  std::coroutine_handle<> waiter_;
};

void count_failure(DestinationCounters& counters, Reason reason) {
  counters.failures[static_cast<size_t>(reason)].add();
}

// HTTP tells its client; here a line has to do, one a second at most.
void report(Worker& worker, const Endpoint& endpoint, const std::string& detail) {
  if (worker.loop.now() < worker.quiet_about_tls_until) return;
  worker.quiet_about_tls_until = worker.loop.now() + std::chrono::seconds(1);
  log_warning("no TLS with an endpoint", {{"endpoint", endpoint.text}, {"reason", detail}});
}

Task<std::unique_ptr<Connection>> connect_upstream(Worker& worker, Upstreams& upstreams, const Route& route,
                                                   DestinationCounters& counters, ConnectCancel& connecting,
                                                   InFlight& counted) {
  const uint32_t attempts = std::max(route.plan.tcp_connect_attempts, 1u);
  Tried tried;
  Reason reason = Reason::kNoHealthyUpstream;
  for (uint32_t attempt = 0; attempt < attempts; ++attempt) {
    const Backend* const backend = pick_backend(route, worker.random);
    if (backend == nullptr) break;
    const PickContext context = pick_context(*backend, route.plan, tried, worker.loop.now());
    const Endpoint* const endpoint = upstreams.balancer.pick(*backend->endpoints, context);
    if (endpoint == nullptr) break;
    counted = InFlight(upstreams.health, endpoint->slot);
    if (attempt > 0) counters.retries.add();
    tried.add(*endpoint);
    const TimePoint deadline = worker.loop.now() + route.plan.connect_timeout;
    Opened result = co_await open_connection(worker, upstreams, *backend->endpoints, *endpoint, TlsApplication::kTcp,
                                             deadline, connecting);
    if (result.connection) co_return std::move(result.connection);
    if (result.cancelled) co_return nullptr;
    counters.connect_failures.add();
    reason = result.failure;
    if (!result.detail.empty()) report(worker, *endpoint, result.detail);
  }
  if (attempts > 1 && !tried.empty()) counters.retries_exhausted.add();
  count_failure(counters, reason);
  co_return nullptr;
}

void record(Worker& worker, const Destination& destination, const Connection& downstream, const Peer& peer,
            Denial denial, std::string_view kind, std::string_view policy) {
  const std::string address = downstream.peer_address();
  const DenialEvent event{denial, destination.counters_slot, destination.name, kind, policy, peer, address, "", ""};
  worker.counters.denials.record(event, worker.loop.now());
}

// kNone: it may talk. Only peers that are known are judged; where nothing else is accepted, the others may not.
Reason refusal_of(Worker& worker, const Destination& destination, const Connection& downstream, const Peer& peer) {
  if (!peer.authenticated) return is_strict(worker.snapshot.get(), destination) ? Reason::kTlsRequired : Reason::kNone;
  const Route& route = destination.routes.front();
  Plan plan = route.plan;
  if (const auto refusal = route.policies.decide_connection(peer, plan)) {
    record(worker, destination, downstream, peer, Denial::kEnforced, refusal->kind, refusal->origin);
    return refusal->reason;
  }
  if (!plan.shadow_denied_by.empty()) {
    record(worker, destination, downstream, peer, Denial::kRehearsed, kPermissionKind, plan.shadow_denied_by);
  }
  return Reason::kNone;
}

}  // namespace

bool still_allowed(Worker& worker, const Destination& destination, const Connection& downstream, const Peer& peer) {
  if (destination.routes.empty()) return true;
  const Reason refusal = refusal_of(worker, destination, downstream, peer);
  if (refusal == Reason::kNone) return true;
  DestinationCounters& counters = worker.counters.at(destination.counters_slot);
  counters.connections_revoked.add();
  count_failure(counters, refusal);
  return false;
}

Task<void> tcp_relay(Worker& worker, Upstreams& upstreams, const Destination& destination, Connection& downstream,
                     Peer peer, ConnectCancel& connecting) {
  DestinationCounters& counters = worker.counters.at(destination.counters_slot);
  worker.counters.exchanges_started.add();
  counters.connections_opened.add();
  std::unique_ptr<Connection> upstream;
  InFlight counted;
  if (destination.routes.empty()) {
    count_failure(counters, Reason::kNoRoute);
  } else if (const Reason no = refusal_of(worker, destination, downstream, peer); no != Reason::kNone) {
    count_failure(counters, no);
  } else {
    upstream = co_await connect_upstream(worker, upstreams, destination.routes.front(), counters, connecting, counted);
  }
  if (upstream) {
    Relay relay(worker, destination.connection, counters, downstream, *upstream);
    co_await relay.run();
  } else {
    downstream.reset_on_close();
  }
  worker.counters.exchanges_ended.add();
}

}  // namespace weft::proxy
