// A client that speaks HTTP/2: one stream of its connection. Part of what serves the stream; worker's thread only.
#pragma once

#include <optional>
#include <string>

#include "proxy/http/client_end.h"
#include "proxy/http/http2_body.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

class Http2Client final : public ClientEnd {
 public:
  // `connection` is the one the stream belongs to. `from_proxy`: a proxy of the mesh is at its other end.
  Http2Client(Worker& worker, Http2Stream& stream, const Connection& connection, const Caller& caller, bool from_proxy)
      : ClientEnd(caller, false),
        loop_(worker.loop),
        stream_(stream),
        connection_(connection),
        from_proxy_(from_proxy),
        body_(stream, worker.buffers),
        sink_(stream) {}

  void attach(StreamLimits& limits, Interruptible& owner) override;
  void detach() override { stream_.set_end_callback(nullptr, nullptr); }
  const char* head() const override { return stream_.head().data(); }
  RequestBody& request() override { return body_; }
  bool gone() const override { return stream_.end() != StreamEnd::kNone; }
  std::string address() const override { return connection_.peer_address(); }
  void send_interim(const Answer& answer) override;
  BodySink& send_head(const Answer& answer, const AdmittedRequest& request, bool complete, bool& keep_alive) override;
  Task<bool> send_whole(std::string_view message, TimePoint deadline) override;
  uint64_t bytes_sent() const override { return bytes_sent_ + sink_.bytes_sent(); }
  void distrust_rest() override {}
  void cut(uint32_t code) override { stream_.reset(code); }
  bool tunnel() const override { return stream_.tunnel(); }
  TunnelEnd switch_protocols() override { return {body_, sink_}; }
  void finish() override {}
  bool names_are_known() const override { return from_proxy_; }

 private:
  static void on_end(void* client, Http2Stream& stream);
  void send_fields(const Answer& answer, std::string_view line, bool end);

  EventLoop& loop_;
  Http2Stream& stream_;
  const Connection& connection_;
  const bool from_proxy_;
  Http2Request body_;
  Http2Sink sink_;
  Interruptible* owner_ = nullptr;
  uint64_t bytes_sent_ = 0;
};

}  // namespace weft::proxy
