// The diagnostics port: /healthy (the process answers), /ready (it can serve proxies), /metrics (Prometheus
// text) and /logging (how much is logged, until the next start).
// Owned by main.cc. One thread; the hooks are called on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"

namespace weft::cp {

struct DiagnosticsHooks {
  // Ok: 200. Anything else: 503 with the reason as text.
  std::function<Status()> ready;
  // Text in Prometheus' format.
  std::function<std::string()> metrics;
  // The level the process was started with: what DELETE /logging goes back to. Empty: there is no /logging.
  std::string log_level;
};

class DiagnosticsServer {
 public:
  // Port 0: any free port. Error: says which address could not be bound and why.
  static Result<std::unique_ptr<DiagnosticsServer>> start(const std::string& interface, uint16_t port,
                                                          DiagnosticsHooks hooks);
  ~DiagnosticsServer();
  uint16_t port() const;

 private:
  struct State;
  explicit DiagnosticsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::cp
