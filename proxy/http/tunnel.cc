#include "proxy/http/tunnel.h"

namespace weft::proxy {

void Tunnel::end(Reason reason) {
  if (over_) return;
  over_ = true;
  reason_ = reason;
  client_.interrupt();
  upstream_.interrupt();
}

// Until `from` closes, which closes `to` for writing; any failure ends both directions.
Task<void> Tunnel::carry(Connection& from, Connection& to, ReceiveBuffer pending, Reason failure) {
  const bool forward = &from == &client_;
  while (!over_) {
    if (client_.cancelled() || limits_.expired() != Reason::kNone) {
      end(client_.cancelled() ? Reason::kDownstreamClosed : limits_.expired());
    } else if (!pending.empty()) {
      const IoResult io = to.try_write({pending.base(), pending.pending().size()});
      pending.begin += io.bytes;
      if (io.error != 0) end(failure);
      if (forward) forward_waits_on_ = &to;
      if (io.would_block) co_await to.writable(kNever);
    } else if (!from.maybe_readable()) {
      pending.release();
      if (forward) forward_waits_on_ = &from;
      co_await from.readable(kNever);
    } else {
      pending.clear();
      pending.take_from(worker_.buffers);
      const IoResult io = from.try_read(pending.room());
      pending.end = io.bytes;
      if (io.bytes > 0) limits_.activity();
      if (io.error != 0) end(failure);
      if (io.closed) {
        to.shutdown_write();
        break;
      }
    }
  }
}

Task<void> Tunnel::carry_back(ReceiveBuffer pending) {
  co_await carry(upstream_, client_, std::move(pending), Reason::kUpstreamReset);
  back_ended_.set = true;
  if (back_ended_.waiter) back_ended_.waiter.resume();
}

Task<Reason> Tunnel::run(ReceiveBuffer from_client, ReceiveBuffer from_upstream) {
  limits_.switched_protocols();
  spawn(carry_back(std::move(from_upstream)));
  co_await carry(client_, upstream_, std::move(from_client), Reason::kDownstreamClosed);
  // While only the other direction runs, an interruption wakes that one.
  forward_waits_on_ = &upstream_;
  co_await back_ended_;
  co_return reason_;
}

}  // namespace weft::proxy
