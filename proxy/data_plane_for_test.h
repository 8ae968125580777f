// A data plane without workers: remembers what it was told; the test says when workers have switched. For tests.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "proxy/data_plane.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

class FakeDataPlane final : public DataPlane {
 public:
  Status open_listeners(const Snapshot& snapshot) override {
    for (const auto& listener : snapshot.listeners) {
      if (taken.contains(listener->port)) {
        return unavailable(cat(listener->address, ":", listener->port, ": Address already in use"));
      }
    }
    return ok();
  }
  void publish(std::shared_ptr<const Snapshot> snapshot, absl::AnyInvocable<void()> active) override {
    published.push_back(std::move(snapshot));
    switched.push_back(std::move(active));
    if (at_once) switched.back()();
  }
  void drain_inbound() override { inbound_drained = true; }
  void drain_all() override { all_drained = true; }
  uint64_t open_connections() const override { return connections; }
  uint64_t active_exchanges() const override { return exchanges; }
  std::vector<const WorkerCounters*> counters() const override { return {}; }
  void inherit(SocketsByAddress) override {}
  SocketsByAddress duplicate_sockets() override { return {}; }
  void stop_accepting() override { accepting = false; }
  void relieve() override { ++relieved; }
  const Limits& limits() const override { return limit; }
  BufferBytes buffers() const override { return {}; }
  void stop() override {}

  std::set<uint16_t> taken;  // ports of other processes
  bool at_once = true;       // workers switch inside publish()
  std::vector<std::shared_ptr<const Snapshot>> published;
  std::vector<absl::AnyInvocable<void()>> switched;
  bool inbound_drained = false;
  bool all_drained = false;
  Limits limit;
  bool accepting = true;
  int relieved = 0;
  uint64_t connections = 0;
  uint64_t exchanges = 0;
};

}  // namespace weft::proxy
