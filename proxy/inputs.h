// What a proxy reads and checks before it starts: its Dataplane, what it believes of its control plane, its token; and
// the folder where its sockets and its last good configuration lie. Main thread.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "proxy/config/grpc_stream.h"
#include "proxy/config/token.h"
#include "proxy/options.h"

namespace weft::proxy {

struct Inputs {
  std::string mesh;
  std::string name;
  std::string dataplane_json;
  GrpcStreams::Options control_plane;
  TokenSource token{"", ""};
  // What this proxy listens on may lie below 1024; without a definition only the control plane knows.
  bool low_ports = true;
};

Result<Inputs> read_inputs(const RunOptions& options);

// Removed at the end when it is a temporary one.
class WorkDir {
 public:
  // Empty: a temporary one.
  Status prepare(const std::string& wanted);
  ~WorkDir();
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
  bool temporary_ = false;
};

}  // namespace weft::proxy
