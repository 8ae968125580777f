// A proxy's whole compiled configuration at one moment. Replaced whole, never edited; a request pins the one it started
// with. Made by the snapshot builder on the control thread, read by every worker.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/route/route.h"
#include "proxy/tls/material.h"

namespace weft::proxy {

struct Snapshot {
  uint64_t generation = 0;  // rises by one with every snapshot of this process
  uint64_t revision = 0;    // the control plane's store revision
  std::vector<std::shared_ptr<const Listener>> listeners;
  // Endpoint slots that lead elsewhere, or nowhere, since the previous snapshot: a worker closes what idles there
  // before it switches, so that a slot that has a new address never yields a connection to the old one.
  std::vector<uint32_t> forgotten_slots;
  // What this proxy is and believes. Null: it has no identity, everything is plaintext.
  std::shared_ptr<const TlsMaterial> tls;
};

// Callers are asked who they are where `destination` is reached: the proxy has an identity.
inline bool asks_callers(const Snapshot* snapshot, const Destination& destination) {
  return snapshot != nullptr && snapshot->tls != nullptr && destination.direction == Direction::kInbound;
}
// Callers of whom nothing is known may not come in.
inline bool is_strict(const Snapshot* snapshot, const Destination& destination) {
  return asks_callers(snapshot, destination) && destination.connection.tls.mode == TlsRule::Mode::kStrict;
}

}  // namespace weft::proxy
