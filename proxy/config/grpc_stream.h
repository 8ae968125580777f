// The stream to the control plane over gRPC and TLS. grpc_stream.cc is the only file of the proxy that sees gRPC. Every
// stream has a channel of its own, so that a new attempt is a new connection and nothing of gRPC's own reconnecting
// comes between. gRPC's threads only post to the control thread.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "proxy/config/config_stream.h"
#include "proxy/config/control_thread.h"

namespace weft::proxy {

struct ControlPlaneAddress {
  std::string host;  // without brackets
  int port = 5678;
  // "host:5678", "[::1]:5678".
  std::string target() const;
};

// "https://host:port", or "host:port". Error: names what is wrong.
Result<ControlPlaneAddress> parse_control_plane_address(std::string_view url);

class GrpcStreams final : public StreamOpener {
 public:
  struct Options {
    ControlPlaneAddress address;
    std::string ca_pem;  // empty: the system's certificates
    bool skip_verify = false;
  };
  GrpcStreams(Options options, ControlThread& thread);
  // Waits until gRPC is done with every stream that was opened (they have been broken off; milliseconds).
  ~GrpcStreams() override;

  std::unique_ptr<ConfigStream> open(const std::string& token, ConfigStream::Events events) override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace weft::proxy
