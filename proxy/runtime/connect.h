// Opens a TCP connection without blocking. Belongs to the worker whose loop is given; its thread only.
#pragma once

#include <sys/socket.h>

#include <memory>

#include "proxy/runtime/connection.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

// Either `connection` is set, or why is said: timed_out, cancelled, or an errno.
struct ConnectResult {
  std::unique_ptr<Connection> connection;
  int error = 0;
  bool timed_out = false;
  bool cancelled = false;
};

// kClientSpeaks: we write as soon as it is open. The packet that opens it then waits for those bytes (at most 200 ms),
// so whoever accepts finds them: a proxy of the mesh is told from a client that says nothing (docs/sidecar.md).
enum class Opening : uint8_t { kAnyoneSpeaks, kClientSpeaks };

// Lets the owner of a connect end it early; outlives the task. One connect after the other may use it.
class ConnectCancel {
 public:
  // The connect under way, and any that uses this later, ends with `cancelled`.
  void cancel() {
    cancelled_ = true;
    if (connection_ != nullptr) connection_->cancel();
  }
  bool cancelled() const { return cancelled_; }
  bool under_way() const { return connection_ != nullptr; }
  // A connect that goes on after TCP (a handshake) names the connection it waits on; null at its end.
  void watch(Connection* connection) { connection_ = connection; }

 private:
  friend Task<ConnectResult> connect_to(EventLoop&, const sockaddr*, socklen_t, TimePoint, ConnectCancel*, Opening);
  Connection* connection_ = nullptr;
  bool cancelled_ = false;
};

// The address is copied by the kernel before the first suspension. TCP_NODELAY is set, a peer that is gone is noticed.
Task<ConnectResult> connect_to(EventLoop& loop, const sockaddr* address, socklen_t length, TimePoint deadline,
                               ConnectCancel* cancel = nullptr, Opening opening = Opening::kAnyoneSpeaks);

}  // namespace weft::proxy
