// For tests: snapshots built by hand and a data plane that serves them.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proxy/data_plane.h"
#include "proxy/runtime/address.h"
#include "proxy/runtime/test_sockets.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy::test {

inline Endpoint endpoint_at(uint16_t port) {
  Endpoint endpoint;
  endpoint.address = *SocketAddress::parse("127.0.0.1", port);
  endpoint.slot = port;
  return endpoint;
}

// A TCP destination whose one route leads to `ports`, to be changed before it is used.
inline std::shared_ptr<Destination> tcp_destination(const std::vector<uint16_t>& ports) {
  auto endpoints = std::make_shared<EndpointSet>();
  for (const uint16_t port : ports) endpoints->endpoints.push_back(endpoint_at(port));
  auto destination = std::make_shared<Destination>();
  destination->name = "tcp";
  destination->protocol = Protocol::kTcp;
  Route route;
  route.backends.push_back({.endpoints = endpoints, .weight = 1});
  destination->routes.push_back(std::move(route));
  return destination;
}

inline std::shared_ptr<Listener> listener_on(uint16_t port, std::shared_ptr<const Destination> destination) {
  auto listener = std::make_shared<Listener>();
  listener->name = "listener " + std::to_string(port);
  listener->address = "127.0.0.1";
  listener->port = port;
  listener->destination = std::move(destination);
  return listener;
}

inline std::shared_ptr<const Snapshot> snapshot_of(std::vector<std::shared_ptr<const Listener>> listeners) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->listeners = std::move(listeners);
  return snapshot;
}

// Waits for what another thread does; false when it does not within 10 s.
template <typename Predicate>
bool becomes_true(Predicate holds) {
  const TimePoint limit = Clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (Clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

struct DataPlaneTest : testing::Test {
  std::unique_ptr<DataPlane> data_plane;

  void start(unsigned workers, const Limits& limits = {}, std::shared_ptr<ProcessLoad> load = nullptr) {
    auto started = DataPlane::start({.workers = workers, .limits = limits, .load = std::move(load)});
    ASSERT_TRUE(started.ok());
    data_plane = std::move(*started);
  }
  // Opens and publishes, and waits until every worker has switched.
  void serve(std::shared_ptr<const Snapshot> snapshot) {
    const Status opened = data_plane->open_listeners(*snapshot);
    ASSERT_TRUE(opened.ok()) << reason(opened);
    const auto active = std::make_shared<std::promise<void>>();
    data_plane->publish(std::move(snapshot), [active] { active->set_value(); });
    ASSERT_EQ(active->get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  }
  template <typename Read>
  uint64_t sum(Read read) {
    uint64_t total = 0;
    for (const WorkerCounters* worker : data_plane->counters()) {
      if (const DestinationCounters* counters = worker->find(0)) total += read(*counters);
    }
    return total;
  }
};

}  // namespace weft::proxy::test
