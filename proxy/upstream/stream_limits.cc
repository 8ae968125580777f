#include "proxy/upstream/stream_limits.h"

#include <algorithm>

namespace weft::proxy {

void StreamLimits::start(const Plan& plan) {
  request_timeout_ = plan.request_timeout;
  idle_timeout_ = plan.stream_idle_timeout;
  if (request_complete_ && request_timeout_.count() > 0) request_deadline_ = loop_.now() + request_timeout_;
  if (plan.caller_deadline.count() > 0) caller_deadline_ = loop_.now() + plan.caller_deadline;
  if (plan.max_stream_duration.count() > 0) stream_deadline_ = loop_.now() + plan.max_stream_duration;
  next_look_ = loop_.now() + Delivery::kInterval;
  activity();
  rearm();
}

void StreamLimits::request_complete() {
  request_complete_ = true;
  if (request_timeout_.count() <= 0 || request_deadline_ != kNever) return;
  request_deadline_ = loop_.now() + request_timeout_;
  rearm();
}

void StreamLimits::attempt_started(std::chrono::nanoseconds per_try_timeout) {
  activity();
  if (per_try_timeout.count() <= 0) return;
  attempt_deadline_ = loop_.now() + per_try_timeout;
  rearm();
}

void StreamLimits::attempt_ended() { attempt_deadline_ = kNever; }

void StreamLimits::switched_protocols() {
  request_timeout_ = std::chrono::nanoseconds(0);
  request_deadline_ = caller_deadline_ = kNever;
  activity();
}

TimePoint StreamLimits::idle_deadline() const {
  return idle_timeout_.count() > 0 ? last_activity_ + idle_timeout_ : kNever;
}

// Arms for the earliest deadline; when it is already armed for an earlier one, that will look again.
void StreamLimits::rearm() {
  const TimePoint first =
      std::min({request_deadline_, caller_deadline_, attempt_deadline_, stream_deadline_, idle_deadline(), next_look_});
  if (armed() && armed_for_ <= first) return;
  armed_for_ = first;
  loop_.arm(*this, first);
}

void StreamLimits::look(TimePoint now) {
  if (now < next_look_) return;
  next_look_ = now + Delivery::kInterval;
  if (watched_ < 0 || delivery_.look(watched_, now) != Delivery::State::kStuck) return;
  give_up(watched_);
  watched_ = -1;
}

void StreamLimits::on_timer() {
  const TimePoint now = loop_.now();
  look(now);
  if (request_deadline_ <= now) {
    expired_ = Reason::kRequestTimeout;
  } else if (caller_deadline_ <= now) {
    expired_ = Reason::kDeadlineExceeded;
  } else if (stream_deadline_ <= now) {
    expired_ = Reason::kMaxStreamDuration;
  } else if (attempt_deadline_ <= now) {
    expired_ = Reason::kPerTryTimeout;
    attempt_deadline_ = kNever;
  } else if (idle_deadline() <= now) {
    expired_ = Reason::kStreamIdleTimeout;
  }
  if (expired_ == Reason::kNone || expired_ == Reason::kPerTryTimeout) rearm();
  if (expired_ != Reason::kNone) owner_.interrupt();
}

}  // namespace weft::proxy
