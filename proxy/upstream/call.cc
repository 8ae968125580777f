#include "proxy/upstream/call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proxy/runtime/tls_layer.h"
#include "proxy/upstream/attempt_sign.h"
#include "proxy/upstream/open.h"

namespace weft::proxy {
namespace {

constexpr std::string_view kMaxRetries = "maxRetries";

enum class Way : uint8_t {
  kHttp1,
  kHttp2,   // the service is known to speak it (RFC 9113 section 3.3)
  kTold,    // it is, and says in its SETTINGS whether it takes tunnels
  kAgreed,  // the handshake tells
};

// Between two proxies HTTP shares few connections of HTTP/2 (docs/decisions/0003-http2-between-sidecars.md).
// A tunnel holds its stream for long: when many do, others keep a connection each, so that requests find room. A
// service that takes none over HTTP/2 may know HTTP/1.1 for them, as many do.
Way way_to(const SharedConnections::Wanted& wanted, const Asked& asked, const SharedConnections& shared) {
  const uint32_t slot = wanted.endpoint.slot;
  if (asked.http1_upgrade) return Way::kHttp1;
  if (wanted.set->tls != nullptr) return asked.upgrade && shared.crowded(slot) ? Way::kHttp1 : Way::kAgreed;
  if (asked.protocol != Protocol::kHttp2 && asked.protocol != Protocol::kGrpc) return Way::kHttp1;
  if (!asked.upgrade) return Way::kHttp2;
  switch (shared.tunnels(slot)) {
    case Tunnels::kTaken: return Way::kHttp2;
    case Tunnels::kNotTaken: return Way::kHttp1;
    case Tunnels::kUnknown: break;
  }
  return Way::kTold;
}

// A connection to the service was there: what was tried cost it something.
bool was_asked(const AttemptResult& result) {
  const Reason why = result.failure == Reason::kNone ? result.reported : result.failure;
  return why != Reason::kConnectFailure && why != Reason::kConnectTimeout && why != Reason::kOverflow;
}

// An answer that the rule would not have repeated is one. When the client goes, nobody knows.
bool was_in_vain(const AttemptResult& result, Verdict verdict) {
  return verdict != Verdict::kFreshConnection && !result.final &&
         (verdict != Verdict::kDone || result.failure != Reason::kNone);
}

int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void give_back(Lease& lease, ConnectionPool& pool, const Plan& plan, TimePoint now) {
  TimePoint expires = plan.idle_timeout.count() > 0 ? now + plan.idle_timeout : kNever;
  if (plan.max_connection_duration.count() > 0) {
    expires = std::min(expires, lease.connection->opened() + plan.max_connection_duration);
  }
  lease.counted.reset();
  lease.request.reset();
  pool.put(lease.slot, std::move(lease.connection), expires, lease.pinned);
}

void Call::interrupt(Reason why) {
  const bool for_good = why != Reason::kPerTryTimeout;
  if (for_good && over_ == Reason::kNone) over_ = why;
  if (in_use_ != nullptr) {
    in_use_->interrupt();
  } else if (connecting_ != nullptr) {
    connecting_->cancel();
  } else if (joining_ != nullptr) {
    joining_->cancel();
  } else if (waiting_ != nullptr) {
    waiting_->cancel();
  } else if (sleeping_ != nullptr && for_good) {
    sleeping_->cancel();
  }
}

Task<CallResult> Call::run(const Route& route, const Plan& plan, const Asked& asked, Attempt& attempt) {
  CallResult result;
  RetryState retry(plan.retry, asked.method, attempt.request_headers());
  RetryBudget* const budget = plan.retry == nullptr ? nullptr : &worker_.load->retry_budgets().of(counters_slot_);
  if (budget != nullptr) budget->requested(worker_.number, worker_.loop.now());
  Repeat repeat;
  bool asked_somebody = false;
  Tried tried;
  UsageShare retrying;
  const Backend* backend = nullptr;
  const Endpoint* endpoint = nullptr;
  for (;;) {
    if (!only_fresh_) {
      backend = pick_backend(route, worker_.random);
      endpoint = backend == nullptr ? nullptr : pick_endpoint(*backend, plan, tried);
    }
    if (endpoint == nullptr) {
      result.failure = Reason::kNoHealthyUpstream;
      co_return result;
    }
    tried.add(*endpoint);
    ++result.attempts;
    const SharedConnections::Wanted wanted = begin_try(backend->endpoints, *endpoint, plan, asked, result);
    AttemptResult tried_once;
    if (!breaker(wanted).take(Used::kRequests, result.lease.request)) {
      tried_once = overflow();
    } else if (!take(wanted, asked, result.lease)) {
      tried_once = co_await obtain(wanted, asked, result);
    }
    only_fresh_ = false;
    if (result.lease) {
      in_use_ = &attempt;
      tried_once = co_await attempt.attempt(result.lease);
      in_use_ = nullptr;
      if (tried_once.failure == Reason::kNone) upstreams_.health.reached(endpoint->slot);
    }
    if (tried_once.failure != Reason::kNone) result.lease.reset();
    limits_.attempt_ended();
    limits_.forget_per_try();
    result.failure = tried_once.failure;
    if (backend->outliers != nullptr) {
      report_attempt(*backend, *endpoint, tried_once, attempt.answer_headers(), worker_.loop.now());
    }
    const Verdict verdict = retry.judge(tried_once, attempt.replayable(), attempt.answer_headers());
    result.exhausted = verdict == Verdict::kExhausted && plan.retry->limit > 0;
    asked_somebody = asked_somebody || was_asked(tried_once);
    if (was_asked(tried_once) && was_in_vain(tried_once, verdict)) repeat.was_in_vain(worker_.loop.now());
    if (verdict == Verdict::kDone || verdict == Verdict::kExhausted) co_return result;
    if (verdict == Verdict::kRetry && !may_retry(wanted, asked_somebody, budget, retrying, repeat, result.withheld)) {
      co_return result;
    }

    only_fresh_ = verdict == Verdict::kFreshConnection;
    refused_ = tried_once.refused;
    const bool answered = tried_once.failure == Reason::kNone;
    std::chrono::nanoseconds delay{0};
    if (!only_fresh_) delay = retry.delay(worker_.random, attempt.answer_headers(), answered, unix_seconds());
    const bool reusable = answered && attempt.discard_answer(result.lease);
    if (reusable) give_back(result.lease, upstreams_.pool, plan, worker_.loop.now());
    result.lease.reset();
    counters_.retries.add();
    if (delay.count() == 0) continue;
    result.failure = co_await await_retry(wanted, retry, delay, retrying);
    if (result.failure == Reason::kNone) continue;
    if (result.failure == Reason::kOverflow) result.withheld = kMaxRetries;
    co_return result;
  }
}

// False: too much is tried again already, here or at this destination. `retrying` is empty for what counts as no retry.
bool Call::may_retry(const SharedConnections::Wanted& wanted, bool asked_somebody, RetryBudget* budget,
                     UsageShare& retrying, Repeat& repeat, std::string_view& withheld) {
  // What nobody has seen yet may be tried as often as the rule says.
  if (!asked_somebody) return true;
  withheld = kMaxRetries;
  if (!breaker(wanted).take(Used::kRetries, retrying)) return false;
  withheld = "retry-budget";
  if (!budget->allows(worker_.loop.now(), worker_.limits.retry_budget)) {
    counters_.retries_over_budget.add();
    return false;
  }
  repeat = Repeat(*budget, worker_.number);
  withheld = {};
  return true;
}

const Endpoint* Call::pick_endpoint(const Backend& backend, const Plan& plan, const Tried& tried) {
  return upstreams_.balancer.pick(*backend.endpoints, pick_context(backend, plan, tried, worker_.loop.now()));
}

SharedConnections::Wanted Call::begin_try(const SetPointer& set, const Endpoint& endpoint, const Plan& plan,
                                          const Asked& asked, CallResult& result) {
  limits_.attempt_started(plan.retry != nullptr ? plan.retry->per_try_timeout : std::chrono::nanoseconds(0));
  result.lease.slot = endpoint.slot;
  result.lease.reused = result.lease.to_proxy = false;
  result.lease.counted = InFlight(upstreams_.health, endpoint.slot);
  result.lease.pinned = pinned_;
  result.detail.clear();
  const auto* const material = material_for(worker_, *set);
  const uint64_t trust = material == nullptr ? 0 : (*material)->trust_version();
  const uint64_t newer_than = only_fresh_ && !refused_ ? upstreams_.shared.newest() : 0;
  const bool tunnel = asked.upgrade && set->tls == nullptr;  // between proxies they are always taken
  return {set, endpoint, plan, counters_, trust, pinned_, newer_than, tunnel};
}

// What is there: a stream of a shared connection, or the newest idle one.
bool Call::take(const SharedConnections::Wanted& wanted, const Asked& asked, Lease& lease) {
  const Way way = way_to(wanted, asked, upstreams_.shared);
  Share share;
  if (way != Way::kHttp1 && upstreams_.shared.take(wanted, share)) {
    lease.stream = std::move(share.stream);
    lease.reused = share.reused;
    lease.to_proxy = share.to_proxy;
    return true;
  }
  if (only_fresh_ || way == Way::kHttp2 || way == Way::kTold) return false;
  if (upstreams_.pool.awaited(wanted.endpoint.slot)) return false;  // others were first
  lease.connection = upstreams_.pool.take(wanted.endpoint.slot, wanted.trust);
  lease.reused = lease.connection != nullptr;
  return lease.reused;
}

// Something new.
Task<AttemptResult> Call::obtain(const SharedConnections::Wanted& wanted, const Asked& asked, CallResult& result) {
  const Way way = way_to(wanted, asked, upstreams_.shared);
  AttemptResult obtained;
  UsageShare pending;
  if (!breaker(wanted).take(Used::kPending, pending)) co_return overflow();
  const bool maybe = way == Way::kAgreed && !upstreams_.shared.speaks_http1(wanted.endpoint.slot);
  if (way == Way::kHttp2 || way == Way::kTold || maybe) {
    obtained = co_await join(wanted, result);
    if (result.lease || obtained.failure != Reason::kNone) co_return obtained;
  }
  const bool agreed = way == Way::kAgreed;
  obtained = co_await open(wanted, agreed ? TlsApplication::kHttp : TlsApplication::kHttp1, result);
  if (!agreed || result.lease.connection == nullptr) co_return obtained;
  if (!result.lease.connection->tls()->stream().speaks_http2()) co_return obtained;
  static_cast<ConnectionShare*>(result.lease.connection->companion())->belong_to(nullptr, 0);
  Share share;
  upstreams_.shared.adopt(wanted, std::move(result.lease.connection), share);
  co_return accept(share, result);
}

Task<AttemptResult> Call::join(const SharedConnections::Wanted& wanted, CallResult& call) {
  Share share;
  joining_ = &share;
  co_await upstreams_.shared.join(wanted, share);
  joining_ = nullptr;
  co_return accept(share, call);
}

AttemptResult Call::accept(Share& share, CallResult& call) const {
  if (over_ != Reason::kNone) return ended();
  AttemptResult result;
  call.lease.stream = std::move(share.stream);
  call.lease.connection = std::move(share.connection);
  call.lease.reused = share.reused;
  call.lease.to_proxy = share.to_proxy;
  result.failure = share.cancelled ? Reason::kPerTryTimeout : share.failure;
  result.not_processed = !call.lease;
  call.detail = std::move(share.detail);
  return result;
}

// A connection may be opened (`share`), or another request has left one (in the lease). Where there may be no more of
// them it waits; but an instance to which this worker has none gets one, so that no wait is in vain.
Task<AttemptResult> Call::admit(const SharedConnections::Wanted& wanted, CallResult& call,
                                std::unique_ptr<ConnectionShare>& share) {
  const uint32_t slot = wanted.endpoint.slot;
  ConnectionPool& pool = upstreams_.pool;
  for (bool called = false;; called = true) {
    if (called || !pool.awaited(slot)) {
      share = take_connection(breaker(wanted), pool.open(slot) == 0);
      if (share != nullptr) {
        share->belong_to(&pool, slot);
        co_return AttemptResult{};
      }
    }
    call.lease.request.reset();
    ConnectionPool::Turn turn;
    waiting_ = &turn;
    pool.queue(slot, wanted.trust, wanted.pinned, turn);
    co_await turn;
    waiting_ = nullptr;
    if (over_ != Reason::kNone) co_return ended();
    AttemptResult result;
    result.not_processed = true;
    result.failure = turn.cancelled ? Reason::kPerTryTimeout : Reason::kNone;
    if (result.failure != Reason::kNone) co_return result;
    if (!breaker(wanted).take(Used::kRequests, call.lease.request)) co_return overflow();
    if (turn.connection == nullptr) continue;
    call.lease.connection = std::move(turn.connection);
    call.lease.reused = true;
    co_return AttemptResult{};
  }
}

Task<AttemptResult> Call::open(const SharedConnections::Wanted& wanted, TlsApplication application, CallResult& call) {
  std::unique_ptr<ConnectionShare> share;
  const AttemptResult admitted = co_await admit(wanted, call, share);
  if (share == nullptr) co_return admitted;
  const bool bounded = wanted.plan.connect_timeout.count() > 0;
  const TimePoint deadline = bounded ? worker_.loop.now() + wanted.plan.connect_timeout : kNever;
  ConnectCancel cancel;
  connecting_ = &cancel;
  Opened opened =
      co_await open_connection(worker_, upstreams_, *wanted.set, wanted.endpoint, application, deadline, cancel);
  connecting_ = nullptr;
  AttemptResult result;
  if (opened.connection != nullptr && over_ == Reason::kNone) {
    call.lease.connection = std::move(opened.connection);
    call.lease.connection->accompany(std::move(share));
    counters_.connections_opened.add();
    co_return result;
  }
  if (over_ != Reason::kNone) co_return ended();
  counters_.connect_failures.add();
  result.not_processed = true;
  result.failure = opened.failure;
  call.detail = std::move(opened.detail);
  if (opened.cancelled) result.failure = Reason::kPerTryTimeout;
  co_return result;
}

// A retry counts while it is under way, not while it waits: else few that wait keep all others from being tried,
// however fast the service answers. One that finds the limit met afterwards has used up a try, and waits for its next.
Task<Reason> Call::await_retry(const SharedConnections::Wanted& wanted, RetryState& retry,
                               std::chrono::nanoseconds delay, UsageShare& retrying) {
  const bool counts = static_cast<bool>(retrying);
  retrying.reset();
  for (;;) {
    Sleep sleep(worker_.loop, worker_.loop.now() + delay);
    sleeping_ = &sleep;
    co_await sleep;
    sleeping_ = nullptr;
    if (over_ != Reason::kNone) co_return over_;
    if (!counts || breaker(wanted).take(Used::kRetries, retrying)) co_return Reason::kNone;
    if (!retry.next()) co_return Reason::kOverflow;
    delay = retry.back_off(worker_.random);
  }
}

AttemptResult Call::overflow() {
  AttemptResult result;
  result.not_processed = true;
  result.failure = Reason::kOverflow;
  return result;
}

AttemptResult Call::ended() const {
  AttemptResult result;
  result.final = true;
  result.failure = over_;
  return result;
}

}  // namespace weft::proxy
