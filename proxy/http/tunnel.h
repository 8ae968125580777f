// Bytes both ways after a protocol switch (RFC 9110 section 7.8, RFC 8441), whatever HTTP its two ends spoke before:
// with half closes, until both sides have closed, one fails, or the stream is idle too long. Part of the exchange;
// worker's thread only.
#pragma once

#include <coroutine>

#include "policies/outcome.h"
#include "proxy/http/carry.h"
#include "proxy/http/http1_body.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

// What one end says, and where goes what the other says.
struct TunnelEnd {
  BodySource& source;
  BodySink& sink;
};

// A connection that spoke HTTP/1.1: bytes as they are, and a half close for the end.
class RawSink final : public BodySink {
 public:
  explicit RawSink(Connection& peer) : peer_(peer), bytes_(peer, {BodyFraming::Kind::kUntilClose, 0}) {}

  void put(std::string_view content, bool end, std::string_view trailers) override;
  bool flush() override;
  bool failed() const override { return bytes_.failed(); }
  Task<void> wait() override { return bytes_.wait(); }
  void interrupt() override { bytes_.interrupt(); }
  uint64_t bytes_sent() const { return bytes_.bytes_sent(); }

 private:
  Connection& peer_;
  Http1Sink bytes_;
  bool ending_ = false;
};

class Tunnel {
 public:
  Tunnel(EventLoop& loop, StreamLimits& limits, TunnelEnd client, TunnelEnd service)
      : limits_(limits),
        service_(service.source),
        forward_(loop, limits, client.source, service.sink),
        back_(loop, limits, service.source, client.sink) {}

  // kNone: both sides have closed in order.
  Task<Reason> run();

  // A deadline has passed, or the client is wanted gone: run() ends. Nothing here may be touched afterwards.
  void interrupt(Reason why);

 private:
  Task<void> carry_back();
  void end(Reason reason);

  // Resumes its one waiter when set.
  struct Ended {
    bool set = false;
    std::coroutine_handle<> waiter;
    bool await_ready() const noexcept { return set; }
    void await_suspend(std::coroutine_handle<> handle) noexcept { waiter = handle; }
    void await_resume() const noexcept {}
  };

  StreamLimits& limits_;
  BodySource& service_;
  BodyCarrier forward_;
  BodyCarrier back_;
  bool forwarding_ = false;
  Ended back_ended_;
  Reason reason_ = Reason::kNone;
};

}  // namespace weft::proxy
