#include "proxy/telemetry/denials.h"

#include "base/log.h"

namespace weft::proxy {

Denials::~Denials() {
  for (auto& place : tallies_) delete place.load(std::memory_order_relaxed);
}

// Few policies refuse at one place, so looking through them costs less than a table would.
Denials::Tally& Denials::at(const DenialEvent& event) {
  for (size_t i = 0; i < kTallies; ++i) {
    Tally* tally = tallies_[i].load(std::memory_order_relaxed);
    if (tally == nullptr) {
      const bool last = i + 1 == kTallies;
      tally = new Tally;
      tally->destination_slot = event.destination_slot;
      tally->denial = event.denial;
      tally->kind = event.kind;
      tally->policy = last ? "other" : event.policy;
      tallies_[i].store(tally, std::memory_order_release);
      return *tally;
    }
    const bool same = tally->destination_slot == event.destination_slot && tally->denial == event.denial &&
                      tally->policy == event.policy && tally->kind == event.kind;
    if (same || i + 1 == kTallies) return *tally;
  }
  return *tallies_.back().load(std::memory_order_relaxed);
}

void Denials::record(const DenialEvent& event, std::chrono::steady_clock::time_point now) {
  Tally& tally = at(event);
  tally.count.add();
  if (now - tally.window >= kWindow) {
    tally.window = now;
    tally.lines = 0;
  }
  if (++tally.lines > kLinesAWindow) {
    ++tally.unsaid;
    return;
  }
  const bool shadow = event.denial == Denial::kRehearsed;
  const std::string_view peer = event.peer.authenticated ? event.peer.identity : std::string_view("unauthenticated");
  log_warning(shadow ? "would be denied by policy, if it were in earnest" : "denied by policy",
              {{"kind", event.kind},
               {"policy", event.policy},
               {"destination", event.destination},
               {"peer", peer},
               {"server_name", event.peer.server_name},
               {"address", event.address},
               {"method", event.method},
               {"path", event.path.substr(0, event.path.find('?'))},
               {"unsaid", tally.unsaid}});
  tally.unsaid = 0;
}

}  // namespace weft::proxy
