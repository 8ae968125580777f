// The service's end of a tunnel, on what its lease has: a connection that spoke HTTP/1.1, or a stream of HTTP/2. Part
// of the exchange, which keeps lease and answer for as long; worker's thread only.
#pragma once

#include <optional>

#include "proxy/http/answer.h"
#include "proxy/http/http1_body.h"
#include "proxy/http/http2_body.h"
#include "proxy/http/tunnel.h"
#include "proxy/upstream/call.h"

namespace weft::proxy {

class ServiceTunnel {
 public:
  ServiceTunnel(Lease& lease, Answer& answer, BufferPool& buffers) {
    if (lease.stream != nullptr) {
      source_ = &from_stream_.emplace(*lease.stream, false);
      sink_ = &to_stream_.emplace(*lease.stream);
      return;
    }
    answer.bytes.begin += answer.head.size();
    constexpr BodyFraming kRaw{BodyFraming::Kind::kUntilClose, 0};
    source_ = &from_connection_.emplace(*lease.connection, buffers, answer.bytes, kRaw);
    sink_ = &to_connection_.emplace(*lease.connection);
  }
  TunnelEnd end() const { return {*source_, *sink_}; }

 private:
  std::optional<Http1Source> from_connection_;
  std::optional<RawSink> to_connection_;
  std::optional<Http2Source> from_stream_;
  std::optional<Http2Sink> to_stream_;
  BodySource* source_ = nullptr;
  BodySink* sink_ = nullptr;
};

}  // namespace weft::proxy
