// Handshakes as tasks, and the gate that keeps them from being noticed by anybody else: so many at a time, the oldest
// giving way, and so many steps a turn of the loop, because a step is a signature and takes as long as twenty requests.
// One gate a worker; its thread only.
#pragma once

#include "proxy/runtime/event_loop.h"
#include "proxy/runtime/task.h"
#include "proxy/tls/failure.h"

namespace weft::proxy {

class Connection;
struct Worker;

class HandshakeGate {
 public:
  static constexpr size_t kAtOnce = 1024;
  static constexpr unsigned kStepsPerTurn = 4;

  // One handshake, from the accepted connection to its end.
  class Pass {
   public:
    // The oldest of kAtOnce is told to go: who has been slow for longest is least likely to be serious.
    Pass(HandshakeGate& gate, Connection& connection);
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    bool evicted() const { return evicted_; }

   private:
    friend class HandshakeGate;
    HandshakeGate& gate_;
    Connection& connection_;
    Pass* older_ = nullptr;
    Pass* newer_ = nullptr;
    bool evicted_ = false;
  };

  // True: this turn has room for one more step.
  bool admit_step(TimePoint turn);
  size_t under_way() const { return under_way_; }

 private:
  void unlink(Pass& pass);
  Pass* oldest_ = nullptr;
  Pass* newest_ = nullptr;
  size_t under_way_ = 0;
  TimePoint turn_{};
  unsigned steps_ = 0;
};

// After start_tls(): until the peer is known or refused. Counted either way. A failure is in connection.tls()'s stream
// too. `pass` is the connection's.
Task<TlsFailure> shake_hands(Worker& worker, Connection& connection, const HandshakeGate::Pass& pass,
                             TimePoint deadline);

}  // namespace weft::proxy
