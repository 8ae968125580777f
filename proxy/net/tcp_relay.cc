#include "proxy/net/tcp_relay.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "proxy/net/asked_names.h"
#include "proxy/net/byte_relay.h"
#include "proxy/net/first_word.h"
#include "proxy/upstream/attempt_sign.h"
#include "proxy/upstream/breaker.h"
#include "proxy/upstream/open.h"

namespace weft::proxy {
namespace {

void count_failure(DestinationCounters& counters, Reason reason) {
  counters.failures[static_cast<size_t>(reason)].add();
}

// HTTP tells its client; here a line has to do, one a second at most.
void report(Worker& worker, const Endpoint& endpoint, const std::string& detail) {
  if (worker.loop.now() < worker.quiet_about_tls_until) return;
  worker.quiet_about_tls_until = worker.loop.now() + std::chrono::seconds(1);
  log_warning("no TLS with an endpoint", {{"endpoint", endpoint.address.text()}, {"reason", detail}});
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
    const Breaker breaker{worker, counters, *backend->endpoints, route.plan};
    std::unique_ptr<ConnectionShare> share = take_connection(breaker, false);
    if (share == nullptr) {
      count_failure(counters, Reason::kOverflow);
      co_return nullptr;
    }
    counted = InFlight(upstreams.health, endpoint->slot);
    if (attempt > 0) counters.retries.add();
    tried.add(*endpoint);
    const TimePoint deadline = worker.loop.now() + route.plan.connect_timeout;
    Opened result = co_await open_connection(worker, upstreams, *backend->endpoints, *endpoint, TlsApplication::kTcp,
                                             deadline, connecting);
    if (!result.cancelled) report_connect(*backend, *endpoint, result.connection != nullptr, worker.loop.now());
    if (result.connection) {
      result.connection->accompany(std::move(share));
      co_return std::move(result.connection);
    }
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

// Not where a server name leads: that is no inbound, whatever its listener is.
bool is_judged(const Destination& destination) { return destination.direction == Direction::kInbound; }

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

Task<void> tcp_relay(Worker& worker, Upstreams& upstreams, const ListenerView& view, const Destination& destination,
                     Session& session, Peer peer, Entrance entrance) {
  DestinationCounters& counters = worker.counters.at(destination.counters_slot);
  Connection& downstream = session.connection;
  worker.counters.exchanges_started.add();
  counters.connections_opened.add();
  std::unique_ptr<Connection> upstream;
  InFlight counted;
  if (destination.routes.empty()) {
    count_failure(counters, Reason::kNoRoute);
  } else if (const Reason no = refusal_of(worker, destination, downstream, peer); no != Reason::kNone) {
    count_failure(counters, no);
  } else {
    session.relayed = entrance != Entrance::kSilent && is_judged(destination);
    const Route& route = destination.routes.front();
    upstream = co_await connect_upstream(worker, upstreams, route, counters, session.connecting, counted);
  }
  if (upstream == nullptr) downstream.reset_on_close();
  if (upstream != nullptr && entrance == Entrance::kSilent) {
    const Entered heard = co_await hear_first_word(worker, view, session, *upstream);
    peer = downstream.peer();
    const bool served = heard.how != Entrance::kEnd && heard.named == nullptr;
    const Reason no = served ? refusal_of(worker, destination, downstream, peer) : Reason::kNone;
    if (no != Reason::kNone) count_failure(counters, no);
    if (!served || no != Reason::kNone) upstream.reset();
    session.relayed = is_judged(destination);
    if (heard.named != nullptr) {
      // Not for the service that was called while it said nothing.
      counted.reset();
      co_await tcp_relay(worker, upstreams, view, *heard.named, session, peer, heard.how);
    }
  }
  if (upstream != nullptr) {
    count_unchecked(worker, destination, downstream);
    AskedNames names(worker, destination.counters_slot, destination.name);
    co_await relay_bytes(worker, destination.connection, counters, downstream, *upstream, std::move(names));
  }
  worker.counters.exchanges_ended.add();
}

}  // namespace weft::proxy
