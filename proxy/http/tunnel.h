// Bytes both ways after a protocol switch (RFC 9110 section 7.8), with half closes, until both sides have closed, one
// fails, or the stream is idle too long. Part of the exchange; worker's thread only.
#pragma once

#include <coroutine>
#include <utility>

#include "policies/outcome.h"
#include "proxy/http/receive_buffer.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"
#include "proxy/upstream/stream_limits.h"

namespace weft::proxy {

class Tunnel {
 public:
  Tunnel(Worker& worker, Connection& client, Connection& upstream, StreamLimits& limits)
      : worker_(worker), client_(client), upstream_(upstream), limits_(limits) {}

  // `from_client`, `from_upstream`: bytes that came behind the heads.
  Task<Reason> run(ReceiveBuffer from_client, ReceiveBuffer from_upstream);

  // A deadline has passed or the client is wanted gone: whoever waits looks around.
  void interrupt() {
    // The direction that resumes run() is woken; it wakes the other. Nothing here may be touched afterwards.
    if (forward_waits_on_ != nullptr) forward_waits_on_->interrupt();
  }

 private:
  Task<void> carry(Connection& from, Connection& to, ReceiveBuffer pending, Reason closed);
  Task<void> carry_back(ReceiveBuffer pending);
  void end(Reason reason);

  // Resumes its one waiter when set.
  struct Ended {
    bool set = false;
    std::coroutine_handle<> waiter;
    bool await_ready() const noexcept { return set; }
    void await_suspend(std::coroutine_handle<> handle) noexcept { waiter = handle; }
    void await_resume() const noexcept {}
  };

  Worker& worker_;
  Connection& client_;
  Connection& upstream_;
  StreamLimits& limits_;
  Ended back_ended_;
  Connection* forward_waits_on_ = nullptr;
  bool over_ = false;
  Reason reason_ = Reason::kNone;
};

}  // namespace weft::proxy
