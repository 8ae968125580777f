// A proxy's whole compiled configuration at one moment. Replaced whole, never edited; a request pins the one it started with.
// Made by the snapshot builder on the control thread, read by every worker.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/route/route.h"

namespace weft::proxy {

struct Snapshot {
  uint64_t generation = 0;  // rises by one with every snapshot of this process
  uint64_t revision = 0;    // the control plane's store revision
  std::vector<std::shared_ptr<const Listener>> listeners;
};

}  // namespace weft::proxy
