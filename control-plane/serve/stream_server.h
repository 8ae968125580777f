// The port proxies connect to: gRPC over TLS, one bidirectional stream a proxy. This folder's only door to gRPC; what
// is said on a stream is StreamSession's. Owned by main.cc. Streams are served on gRPC's threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

namespace weft::cp {

struct StreamContext;

struct StreamServerOptions {
  std::string interface = "0.0.0.0";
  uint16_t port = 5678;  // 0: any free port
  std::string certificate_pem;
  std::string key_pem;
  // A proxy that does not answer a ping is gone after the sum of both.
  std::chrono::seconds keepalive_time{20};
  std::chrono::seconds keepalive_timeout{10};
  // What a proxy says: a Hello that names every item it holds is the longest.
  int max_received_bytes = 16 * 1024 * 1024;
};

class StreamServer {
 public:
  // `context` must outlive the server. Error: says which address could not be bound.
  static Result<std::unique_ptr<StreamServer>> start(const StreamServerOptions& options, StreamContext& context);
  // Ends every stream with UNAVAILABLE and waits for them, a few seconds at most.
  ~StreamServer();
  uint16_t port() const;

 private:
  struct State;
  explicit StreamServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::cp
