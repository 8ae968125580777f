#include "proxy/runtime/handshake.h"

#include "proxy/runtime/connection.h"
#include "proxy/runtime/sleep.h"
#include "proxy/runtime/tls_layer.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {
namespace {

using Step = TlsStream::Step;

void count(WorkerCounters& counters, const TlsStream& stream) {
  TlsCounters& side = counters.tls[static_cast<size_t>(stream.side())];
  if (!stream.established()) {
    side.failures[static_cast<size_t>(stream.failure())].add();
  } else {
    (stream.resumed() ? side.resumed : side.full).add();
  }
}

}  // namespace

HandshakeGate::Pass::Pass(HandshakeGate& gate, Connection& connection) : gate_(gate), connection_(connection) {
  older_ = gate_.newest_;
  (older_ != nullptr ? older_->newer_ : gate_.oldest_) = this;
  gate_.newest_ = this;
  if (++gate_.under_way_ <= kAtOnce) return;
  Pass& slowest = *gate_.oldest_;
  gate_.unlink(slowest);
  slowest.evicted_ = true;
  slowest.connection_.cancel();
}

HandshakeGate::Pass::~Pass() {
  if (!evicted_) gate_.unlink(*this);
}

void HandshakeGate::unlink(Pass& pass) {
  (pass.older_ != nullptr ? pass.older_->newer_ : oldest_) = pass.newer_;
  (pass.newer_ != nullptr ? pass.newer_->older_ : newest_) = pass.older_;
  --under_way_;
}

bool HandshakeGate::admit_step(TimePoint turn) {
  if (turn != turn_) {
    turn_ = turn;
    steps_ = 0;
  }
  return steps_++ < kStepsPerTurn;
}

Task<TlsFailure> shake_hands(Worker& worker, Connection& connection, const HandshakeGate::Pass& pass,
                             TimePoint deadline) {
  TlsLayer& tls = *connection.tls();
  for (;;) {
    while (!worker.handshakes.admit_step(worker.loop.now())) co_await NextTurn{worker.loop};
    const Step step = tls.handshake();
    if (step != Step::kWantInput && step != Step::kWantRoom) break;
    Wake wake = Wake::kReady;
    if (step == Step::kWantInput) {
      wake = co_await connection.readable(deadline);
    } else {
      wake = co_await connection.writable(deadline);
    }
    if (wake == Wake::kDeadline) tls.fail(TlsFailure::kTimeout, "the handshake took too long");
    if (pass.evicted()) tls.fail(TlsFailure::kOverloaded, "too many handshakes at a time");
    if (wake == Wake::kCancelled) tls.fail(TlsFailure::kClosed, "given up");
    if (wake != Wake::kReady) break;
  }
  count(worker.counters, tls.stream());
  co_return tls.stream().failure();
}

}  // namespace weft::proxy
