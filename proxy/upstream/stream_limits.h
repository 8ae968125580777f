// The deadlines of one exchange on one timer: request timeout (from the end of the request, attempts included), what
// the caller gives its call, per-try timeout (until the answer's head), stream idle timeout, longest life of the
// stream. When the first passes, whoever carries the exchange is interrupted. Beside them it looks from time to time
// whether what was sent to the service arrives. Part of the exchange; worker's thread only.
#pragma once

#include "policies/outcome.h"
#include "policies/plan.h"
#include "proxy/runtime/dead_peer.h"
#include "proxy/runtime/event_loop.h"

namespace weft::proxy {

// Whose waits end when a deadline passes.
class Interruptible {
 public:
  virtual void interrupt() = 0;

 protected:
  ~Interruptible() = default;
};

class StreamLimits final : private Timer {
 public:
  StreamLimits(EventLoop& loop, Interruptible& owner) : loop_(loop), owner_(owner) {}

  // Starts the clocks that run from the beginning.
  void start(const Plan& plan);
  // The last byte of the request has come. May be before start().
  void request_complete();
  void attempt_started(std::chrono::nanoseconds per_try_timeout);
  // The attempt failed, or its answer's head is there.
  void attempt_ended();
  // Something moved on the stream.
  void activity() { last_activity_ = loop_.now(); }
  // A service at the other end of `descriptor` that acknowledges nothing any more is given up. -1: nobody is looked at.
  void watch(int descriptor) {
    watched_ = descriptor;
    delivery_ = Delivery();
  }
  // A protocol switch: the stream is a tunnel now and only idling ends it.
  void switched_protocols();
  void stop() { loop_.disarm(*this); }

  // kNone, or what has passed: kRequestTimeout, kDeadlineExceeded, kPerTryTimeout, kStreamIdleTimeout,
  // kMaxStreamDuration.
  Reason expired() const { return expired_; }
  // A per-try timeout has been dealt with.
  void forget_per_try() {
    if (expired_ == Reason::kPerTryTimeout) expired_ = Reason::kNone;
  }

 private:
  void on_timer() override;
  TimePoint idle_deadline() const;
  void look(TimePoint now);
  void rearm();

  EventLoop& loop_;
  Interruptible& owner_;
  std::chrono::nanoseconds request_timeout_{0};
  std::chrono::nanoseconds idle_timeout_{0};
  TimePoint request_deadline_ = kNever;
  TimePoint caller_deadline_ = kNever;
  TimePoint attempt_deadline_ = kNever;
  TimePoint stream_deadline_ = kNever;
  TimePoint last_activity_{};
  TimePoint armed_for_ = kNever;
  TimePoint next_look_ = kNever;
  Delivery delivery_;
  int watched_ = -1;
  bool request_complete_ = false;
  Reason expired_ = Reason::kNone;
};

}  // namespace weft::proxy
