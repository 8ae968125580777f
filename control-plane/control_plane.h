// The parts of a control plane joined together and running: store, published World, delivery, the ports.
// Everything that one folder must know of another is said here, as a function. Owned by main() or a test; destroying it
// stops everything in order, and no Dataplane is removed because of that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "control-plane/options.h"

namespace weft::cp {

inline constexpr char kVersion[] = "0.1.0";

class ControlPlane {
 public:
  // Returns when every port is bound, the default mesh exists and <work-dir>/ports.json is written. Error: what could
  // not be opened or bound, and why.
  static Result<std::unique_ptr<ControlPlane>> start(const Options& options);
  ~ControlPlane();

  uint16_t api_port() const;
  uint16_t api_https_port() const;  // 0 when it is switched off
  uint16_t dp_port() const;
  uint16_t diagnostics_port() const;
  uint16_t monitoring_port() const;  // 0 when it is switched off

 private:
  struct Parts;
  explicit ControlPlane(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace weft::cp
