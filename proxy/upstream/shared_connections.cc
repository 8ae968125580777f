#include "proxy/upstream/shared_connections.h"

#include <algorithm>
#include <utility>

#include "proxy/runtime/sleep.h"
#include "proxy/runtime/tls_layer.h"
#include "proxy/upstream/breaker.h"
#include "proxy/upstream/open.h"

namespace weft::proxy {

// co_await: until the share was resumed.
struct ShareWait {
  Share& share;
  bool await_ready() const noexcept { return share.slot_ == nullptr; }
  void await_suspend(std::coroutine_handle<> waiter) const noexcept { share.waiter_ = waiter; }
  void await_resume() const noexcept {}
};

void Share::cancel() {
  if (slot_ == nullptr) return;
  cancelled = true;
  SharedConnections::resume(*this);
}

// Takes it from its list; its coroutine goes on.
void SharedConnections::resume(Share& share) {
  Slot& slot = *static_cast<Slot*>(std::exchange(share.slot_, nullptr));
  slot.waiting.erase(std::find(slot.waiting.begin(), slot.waiting.end(), &share));
  if (share.waiter_) std::exchange(share.waiter_, nullptr).resume();
}

void SharedConnections::fail_waiting(Slot& slot, Reason failure, const std::string& detail, bool cancelled,
                                     bool tunnels_only) {
  const std::vector<Share*> waiting = slot.waiting;
  for (Share* const share : waiting) {
    if (std::find(slot.waiting.begin(), slot.waiting.end(), share) == slot.waiting.end()) continue;
    if (tunnels_only && !wanted_of(*share).tunnel) continue;
    share->failure = failure;
    share->detail = detail;
    share->cancelled = cancelled;
    resume(*share);
  }
}

// They are asked for over HTTP/1.1.
void SharedConnections::turn_tunnels_away(Slot& slot) { fail_waiting(slot, Reason::kNone, {}, false, true); }

SharedConnections::~SharedConnections() { close(); }

void SharedConnections::close() {
  closing_ = true;
  for (const std::unique_ptr<Slot>& slot : slots_) {
    if (slot == nullptr) continue;
    if (slot->dialling != nullptr) slot->dialling->cancel();
    // Each ends its keep(), which takes it from the list.
    std::vector<Shared*> open;
    for (const std::unique_ptr<Shared>& shared : slot->shared) open.push_back(shared.get());
    for (Shared* const shared : open) shared->connection->cancel();
  }
}

SharedConnections::Slot& SharedConnections::slot_at(uint32_t slot) {
  if (slot >= slots_.size()) slots_.resize(slot + 1);
  if (slots_[slot] == nullptr) slots_[slot] = std::make_unique<Slot>(*this);
  return *slots_[slot];
}

// What does not, takes no new request of anybody.
bool SharedConnections::Shared::fits(const Wanted& wanted, TimePoint now) {
  if (session->finished()) return false;
  const Nanoseconds longest = wanted.plan.max_connection_duration;
  const bool old = longest.count() > 0 && connection->opened() + longest <= now;
  if (old || connection->trust_version() != wanted.trust) {
    session->drain();
    return false;
  }
  return serial > wanted.newer_than;
}

bool SharedConnections::give(Shared& shared, Share& share) {
  if (!shared.session->accepts_streams()) return false;
  share.stream = shared.session->open();
  if (share.stream == nullptr) return false;
  share.to_proxy = shared.to_proxy;
  share.reused = std::exchange(shared.used, true);
  return true;
}

Tunnels SharedConnections::tunnels(const Slot& slot) {
  Tunnels known = Tunnels::kUnknown;
  for (const std::unique_ptr<Shared>& one : slot.shared) {
    if (one->session->finished()) continue;
    if (one->session->takes_tunnels()) return Tunnels::kTaken;
    if (one->session->settled()) known = Tunnels::kNotTaken;
  }
  return known;
}

bool SharedConnections::take(const Wanted& wanted, Share& share) {
  Slot& slot = slot_at(wanted.endpoint.slot);
  if (slot.forgotten > wanted.pinned) return false;
  for (const std::unique_ptr<Shared>& shared : slot.shared) {
    if (!shared->fits(wanted, worker_.loop.now()) || (wanted.tunnel && !shared->session->takes_tunnels())) continue;
    if (give(*shared, share)) return true;
  }
  return false;
}

Task<void> SharedConnections::join(const Wanted& wanted, Share& share) {
  Slot& slot = slot_at(wanted.endpoint.slot);
  if (slot.forgotten > wanted.pinned) {
    share.failure = Reason::kConnectFailure;  // the slot may be another address's by now
    co_return;
  }
  if (slot.waiting.size() >= kMaxWaiting) {
    share.failure = Reason::kOverflow;
    co_return;
  }
  share.wanted_ = &wanted;
  share.slot_ = &slot;
  slot.waiting.push_back(&share);
  dial_if_needed(slot, wanted);
  co_await ShareWait{share};
}

void SharedConnections::dial_if_needed(Slot& slot, const Wanted& wanted) {
  if (slot.dialling != nullptr) return;
  // Those that have nothing but their end before them do not count.
  const auto live = std::count_if(slot.shared.begin(), slot.shared.end(), [&](const std::unique_ptr<Shared>& shared) {
    return shared->fits(wanted, worker_.loop.now());
  });
  if (static_cast<size_t>(live) >= kMaxPerEndpoint) return;
  const Breaker breaker{worker_, wanted.counters, *wanted.set, wanted.plan};
  auto share = take_connection(breaker, live == 0);
  if (share == nullptr) return;  // there will be room on those that are there
  spawn(dial(slot, wanted.set, wanted.endpoint, wanted.plan, wanted.counters, wanted.pinned, std::move(share)));
}

// The trust changed during the handshake: who answered was judged by what does not hold any more.
bool SharedConnections::distrusted(const Connection& connection, const EndpointSet& set) const {
  const uint64_t own = connection.trust_version();
  const auto* const material = material_for(worker_, set);
  return own != 0 && (material == nullptr || (*material)->trust_version() != own);
}

Task<void> SharedConnections::dial(Slot& slot, std::shared_ptr<const EndpointSet> set, Endpoint endpoint, Plan plan,
                                   DestinationCounters& counters, uint64_t pinned,
                                   std::unique_ptr<ConnectionShare> share) {
  const bool bounded = plan.connect_timeout.count() > 0;
  const TimePoint deadline = bounded ? worker_.loop.now() + plan.connect_timeout : kNever;
  ConnectCancel cancel;
  slot.dialling = &cancel;
  Opened opened;
  do {
    opened = co_await open_connection(worker_, upstreams_, *set, endpoint, TlsApplication::kHttp, deadline, cancel);
  } while (opened.connection != nullptr && distrusted(*opened.connection, *set));
  slot.dialling = nullptr;
  // Whoever comes now may want another address.
  if (slot.forgotten > pinned) opened = {.connection = nullptr, .failure = Reason::kConnectFailure, .detail = {}};
  if (opened.connection == nullptr) {
    counters.connect_failures.add();
    fail_waiting(slot, opened.failure, opened.detail, opened.cancelled);
    co_return;
  }
  counters.connections_opened.add();
  const TlsLayer* const tls = opened.connection->tls();
  slot.http1 = tls != nullptr && !tls->stream().speaks_http2();
  if (slot.http1) share->belong_to(&upstreams_.pool, endpoint.slot);
  opened.connection->accompany(std::move(share));
  if (slot.http1) {
    // The first goes on with it; the others have learnt that each needs its own.
    if (!slot.waiting.empty()) {
      slot.waiting.front()->connection = std::move(opened.connection);
      resume(*slot.waiting.front());
    }
    fail_waiting(slot, Reason::kNone, {}, false);
    co_return;
  }
  add(slot, std::move(opened.connection), plan.idle_timeout);
  serve_waiting(slot);
}

void SharedConnections::add(Slot& slot, std::unique_ptr<Connection> connection, Nanoseconds idle_timeout) {
  slot.http1 = false;
  slot.shared.push_back(std::make_unique<Shared>(slot, std::move(connection), ++serials_));
  Shared& shared = *slot.shared.back();
  const TlsLayer* const tls = shared.connection->tls();
  shared.to_proxy = tls != nullptr && tls->stream().speaks_http2();
  shared.session = Http2Session::make(worker_, *shared.connection, Http2Session::Side::kClient,
                                      Http2Limits::of(worker_, Http2Peer::kOwn), shared);
  spawn(keep(shared, idle_timeout));
}

void SharedConnections::adopt(const Wanted& wanted, std::unique_ptr<Connection> connection, Share& share) {
  Slot& slot = slot_at(wanted.endpoint.slot);
  if (slot.forgotten <= wanted.pinned) add(slot, std::move(connection), wanted.plan.idle_timeout);
  if (!take(wanted, share)) share.failure = Reason::kUpstreamClosed;
}

Task<void> SharedConnections::keep(Shared& shared, Nanoseconds idle_timeout) {
  co_await shared.session->run({}, {.idle = idle_timeout});
  // Whoever ended it may still be looking through the list.
  if (!closing_) co_await NextTurn{worker_.loop};
  Slot& slot = shared.slot;
  const auto at = std::find_if(slot.shared.begin(), slot.shared.end(),
                               [&](const std::unique_ptr<Shared>& other) { return other.get() == &shared; });
  const std::unique_ptr<Shared> ended = std::move(*at);
  slot.shared.erase(at);
  if (closing_) co_return;
  if (!ended->session->settled()) turn_tunnels_away(slot);  // that was no HTTP/2
  serve_waiting(slot);
}

void SharedConnections::serve_waiting(Slot& slot) {
  if (slot.waiting.empty()) return;
  if (tunnels(slot) == Tunnels::kNotTaken) turn_tunnels_away(slot);
  bool hope = slot.dialling != nullptr;
  for (const std::unique_ptr<Shared>& shared : slot.shared) {
    while (shared->session != nullptr && shared->session->accepts_streams()) {
      const auto next = std::find_if(slot.waiting.begin(), slot.waiting.end(),
                                     [&](const Share* share) { return shared->suits(*share); });
      if (next == slot.waiting.end() || !give(*shared, **next)) break;
      resume(**next);
    }
    hope = hope || shared->session == nullptr || !shared->session->finished();
  }
  if (!slot.waiting.empty() && slot.dialling == nullptr) dial_for_waiting(slot, hope);
}

// More came while one connection was being opened than it has room for, or what they waited for room on takes nobody
// any more. That happens to a request once; then nobody knows what the service does with its connections.
void SharedConnections::dial_for_waiting(Slot& slot, bool hope) {
  if (!hope) {
    const std::vector<Share*> waiting = slot.waiting;
    for (Share* const share : waiting) {
      if (std::find(slot.waiting.begin(), slot.waiting.end(), share) == slot.waiting.end()) continue;
      if (!std::exchange(share->let_down_, true)) continue;
      share->failure = Reason::kUpstreamClosed;
      resume(*share);
    }
  }
  // How many streams it allows says a connection in its SETTINGS.
  const bool all_known = std::all_of(slot.shared.begin(), slot.shared.end(), [](const std::unique_ptr<Shared>& shared) {
    return shared->session->settled() || shared->session->finished();
  });
  if (all_known && !slot.waiting.empty()) dial_if_needed(slot, wanted_of(*slot.waiting.front()));
}

void SharedConnections::forget(uint32_t slot, uint64_t epoch) {
  Slot& left = slot_at(slot);
  left.forgotten = epoch;
  left.http1 = false;
  if (left.dialling != nullptr) left.dialling->cancel();
  for (const std::unique_ptr<Shared>& shared : left.shared) shared->session->drain();
  // What is opened from now on leads to another address.
  fail_waiting(left, Reason::kConnectFailure, {}, false);
}

void SharedConnections::drain_other_trust(uint64_t trust) {
  for (const std::unique_ptr<Slot>& slot : slots_) {
    if (slot == nullptr) continue;
    for (const std::unique_ptr<Shared>& shared : slot->shared) {
      const uint64_t own = shared->connection->trust_version();
      if (own != 0 && own != trust) shared->session->drain();
    }
  }
}

}  // namespace weft::proxy
