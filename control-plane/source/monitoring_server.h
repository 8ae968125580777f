// The port where a Prometheus asks which proxies it shall read (`kuma_sd_configs`): POST
// /v3/discovery:monitoringassignments, the REST form of xDS as a long poll. A client that has what there is waits until
// something else is there, or its time is over (304). Owned by main; requests run on a thread of the HTTP server, who
// waits is answered by a thread of this class, which alone calls the hook. Destroying it closes every connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/source/http_server.h"

namespace weft::cp {

struct MonitoringAnswer {
  std::string version;
  std::string resources;  // a JSON list
};

struct MonitoringOptions {
  std::string interface = "0.0.0.0";
  uint16_t port = 5676;  // 0: any free port
  std::optional<HttpServerTls> tls;
  // Changes that follow each other are handled together.
  std::chrono::nanoseconds refresh_interval = std::chrono::seconds(1);
  // For a client that does not say how long it wants to wait.
  std::chrono::nanoseconds default_fetch_timeout = std::chrono::seconds(30);
  // What the named client shall read, now. One thread.
  std::function<MonitoringAnswer(std::string_view client)> assignments;
};

class MonitoringServer {
 public:
  // Clients that wait at the same time; beyond it one is told to come again (503).
  static constexpr size_t kMaxWaiting = 1024;
  // However long a client wants to wait.
  static constexpr std::chrono::minutes kLongestWait{10};

  // Error: says which address could not be bound and why.
  static Result<std::unique_ptr<MonitoringServer>> start(MonitoringOptions options);
  ~MonitoringServer();
  uint16_t port() const;

  // What the hook answers may be another. Any thread.
  void changed();

 private:
  struct State;
  explicit MonitoringServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::cp
