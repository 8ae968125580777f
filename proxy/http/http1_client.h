// A client that speaks HTTP/1.1: its connection and what has come on it. Part of the connection that serves it;
// worker's thread only.
#pragma once

#include <memory>
#include <string>

#include "proxy/http/client_end.h"
#include "proxy/http/http1_body.h"
#include "proxy/http/request_stream.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

class Http1Client final : public ClientEnd {
 public:
  // `inbox` begins with `head`.
  Http1Client(Worker& worker, Connection& connection, ReceiveBuffer& inbox, const Head& head, const Caller& caller,
              bool last, Glitches& glitches)
      : ClientEnd(caller, last),
        worker_(worker),
        connection_(connection),
        inbox_(inbox),
        stream_(connection, worker.buffers, inbox, head) {
    stream_.count_oddities(worker, glitches);
  }

  void attach(StreamLimits& limits, Interruptible& owner) override;
  void detach() override { connection_.set_idle_callback(nullptr, nullptr); }
  const char* head() const override { return inbox_.base(); }
  RequestBody& request() override { return stream_; }
  bool gone() const override { return gone_ || connection_.cancelled(); }
  std::string address() const override { return connection_.peer_address(); }
  void send_interim(const Answer& answer) override;
  BodySink& send_head(const Answer& answer, const AdmittedRequest& request, bool complete, bool& keep_alive) override;
  Task<bool> send_whole(std::string_view message, TimePoint deadline) override;
  uint64_t bytes_sent() const override;
  void cut(uint32_t) override {}  // its connection ends
  TunnelEnd switch_protocols() override;
  void finish() override;
  Http1Client* http1() override { return this; }

  Connection& connection() { return connection_; }
  RequestStream& stream() { return stream_; }
  void count_sent(uint64_t bytes) { bytes_sent_ += bytes; }

 private:
  // After a switch.
  struct Switched {
    ReceiveBuffer pending;  // what of the other protocol came with the request
    Http1Source source;
    RawSink sink;
    Switched(Worker& worker, Connection& connection, ReceiveBuffer came)
        : pending(std::move(came)),
          source(connection, worker.buffers, pending, {BodyFraming::Kind::kUntilClose, 0}),
          sink(connection) {}
  };
  static void on_idle_event(void* client, Connection& connection);

  Worker& worker_;
  Connection& connection_;
  ReceiveBuffer& inbox_;
  RequestStream stream_;
  std::unique_ptr<Http1Sink> sink_;
  Interruptible* owner_ = nullptr;
  uint64_t bytes_sent_ = 0;
  bool gone_ = false;
  std::unique_ptr<Switched> switched_;
};

}  // namespace weft::proxy
