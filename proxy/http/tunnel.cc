#include "proxy/http/tunnel.h"

namespace weft::proxy {

void RawSink::put(std::string_view content, bool end, std::string_view) {
  bytes_.put(content, false, {});
  ending_ = ending_ || end;
}

bool RawSink::flush() {
  if (!bytes_.flush()) return false;
  if (ending_) peer_.shutdown_write();
  ending_ = false;
  return true;
}

// One direction has failed: so has the other.
void Tunnel::end(Reason reason) {
  if (reason_ == Reason::kNone) reason_ = reason;
}

Task<void> Tunnel::carry_back() {
  const BodyCarrier::End ended = co_await back_.run();
  switch (ended) {
    case BodyCarrier::End::kComplete:
    case BodyCarrier::End::kStopped: break;
    case BodyCarrier::End::kSourceFailed: end(service_.failure()); break;
    case BodyCarrier::End::kSinkFailed: end(Reason::kDownstreamClosed); break;
  }
  back_ended_.set = true;
  // Who is resumed goes on to the end of the exchange: nothing is touched afterwards.
  if (reason_ != Reason::kNone && forwarding_) {
    forward_.stop();
  } else if (back_ended_.waiter) {
    back_ended_.waiter.resume();
  }
}

Task<Reason> Tunnel::run() {
  limits_.switched_protocols();
  forwarding_ = true;
  spawn(carry_back());
  const BodyCarrier::End ended = co_await forward_.run();
  forwarding_ = false;
  if (ended == BodyCarrier::End::kSourceFailed) end(Reason::kDownstreamClosed);
  if (ended == BodyCarrier::End::kSinkFailed) end(Reason::kUpstreamReset);
  if (reason_ != Reason::kNone && !back_ended_.set) back_.stop();
  co_await back_ended_;
  co_return reason_;
}

void Tunnel::interrupt(Reason why) {
  end(why);
  // What resumes run(), which stops the other direction itself.
  if (forwarding_) {
    forward_.stop();
  } else if (!back_ended_.set) {
    back_.stop();
  }
}

}  // namespace weft::proxy
