#include "proxy/http/tunnel.h"

namespace weft::proxy {

void RawSink::put(std::string_view content, bool end, std::string_view) {
  out_.refer(content);
  ending_ = ending_ || end;
}

bool RawSink::flush() {
  while (!out_.empty() && !failed_) {
    const IoResult io = peer_.try_write(out_.left());
    out_.consume(io.bytes);
    bytes_sent_ += io.bytes;
    if (io.error != 0) failed_ = true;
    if (io.would_block) return false;
  }
  out_.clear();
  if (ending_ && !failed_) {
    ending_ = false;
    peer_.shutdown_write();
  }
  return !failed_;
}

Task<void> RawSink::wait() { co_await peer_.writable(kNever); }

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
