#include "proxy/upstream/call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proxy/upstream/open.h"

namespace weft::proxy {
namespace {

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
  pool.put(lease.slot, std::move(lease.connection), expires, lease.pinned);
}

void Call::interrupt(Reason why) {
  const bool for_good = why != Reason::kPerTryTimeout;
  if (for_good && over_ == Reason::kNone) over_ = why;
  if (in_use_ != nullptr) {
    in_use_->interrupt();
  } else if (connecting_ != nullptr) {
    connecting_->cancel();
  } else if (sleeping_ != nullptr && for_good) {
    sleeping_->cancel();
  }
}

Task<CallResult> Call::run(const Route& route, const Plan& plan, std::string_view method, Attempt& attempt) {
  CallResult result;
  RetryState retry(plan.retry, method, attempt.request_headers());
  Tried tried;
  const EndpointSet* set = nullptr;
  const Endpoint* endpoint = nullptr;
  for (;;) {
    if (!only_fresh_) {
      const Backend* backend = pick_backend(route, worker_.random);
      set = backend == nullptr ? nullptr : backend->endpoints.get();
      if (set != nullptr) {
        endpoint = upstreams_.balancer.pick(*set, pick_context(*backend, plan, tried, worker_.loop.now()));
      } else {
        endpoint = nullptr;
      }
    }
    if (endpoint == nullptr) {
      result.failure = Reason::kNoHealthyUpstream;
      co_return result;
    }
    tried.add(*endpoint);
    ++result.attempts;
    const AttemptResult tried_once = co_await try_once(*set, *endpoint, plan, attempt, result);
    result.failure = tried_once.failure;
    const Verdict verdict = retry.judge(tried_once, attempt.replayable(), attempt.answer_headers());
    result.exhausted = verdict == Verdict::kExhausted && plan.retry->limit > 0;
    if (verdict == Verdict::kDone || verdict == Verdict::kExhausted) co_return result;

    only_fresh_ = verdict == Verdict::kFreshConnection;
    const bool answered = tried_once.failure == Reason::kNone;
    std::chrono::nanoseconds delay{0};
    if (!only_fresh_) delay = retry.delay(worker_.random, attempt.answer_headers(), answered, unix_seconds());
    const bool reusable = answered && attempt.discard_answer(result.lease);
    if (reusable) give_back(result.lease, upstreams_.pool, plan, worker_.loop.now());
    result.lease.reset();
    counters_.retries.add();
    if (delay.count() == 0) continue;
    const bool still_on = co_await back_off(delay);
    if (still_on) continue;
    result.failure = ended().failure;
    co_return result;
  }
}

Task<AttemptResult> Call::try_once(const EndpointSet& set, const Endpoint& endpoint, const Plan& plan, Attempt& attempt,
                                   CallResult& result) {
  limits_.attempt_started(plan.retry != nullptr ? plan.retry->per_try_timeout : std::chrono::nanoseconds(0));
  result.lease.slot = endpoint.slot;
  result.lease.reused = false;
  result.lease.counted = InFlight(upstreams_.health, endpoint.slot);
  result.lease.pinned = pinned_;
  result.detail.clear();
  if (!only_fresh_) {
    const auto* const material = material_for(worker_, set);
    result.lease.connection =
        upstreams_.pool.take(endpoint.slot, material == nullptr ? 0 : (*material)->trust_version());
    result.lease.reused = result.lease.connection != nullptr;
  }
  only_fresh_ = false;
  AttemptResult tried;
  if (!result.lease) tried = co_await open(set, endpoint, plan, result);
  if (result.lease) {
    in_use_ = &attempt;
    tried = co_await attempt.attempt(result.lease);
    in_use_ = nullptr;
    if (tried.failure != Reason::kNone) result.lease.reset();
  }
  limits_.attempt_ended();
  limits_.forget_per_try();
  co_return tried;
}

Task<AttemptResult> Call::open(const EndpointSet& set, const Endpoint& endpoint, const Plan& plan, CallResult& call) {
  const bool bounded = plan.connect_timeout.count() > 0;
  const TimePoint deadline = bounded ? worker_.loop.now() + plan.connect_timeout : kNever;
  ConnectCancel cancel;
  connecting_ = &cancel;
  Opened opened =
      co_await open_connection(worker_, upstreams_, set, endpoint, TlsApplication::kHttp1, deadline, cancel);
  connecting_ = nullptr;
  AttemptResult result;
  if (opened.connection != nullptr && over_ == Reason::kNone) {
    call.lease.connection = std::move(opened.connection);
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

// False: the exchange ended meanwhile.
Task<bool> Call::back_off(std::chrono::nanoseconds delay) {
  Sleep sleep(worker_.loop, worker_.loop.now() + delay);
  sleeping_ = &sleep;
  co_await sleep;
  sleeping_ = nullptr;
  co_return over_ == Reason::kNone;
}

AttemptResult Call::ended() const {
  AttemptResult result;
  result.final = true;
  result.failure = over_;
  return result;
}

}  // namespace weft::proxy
