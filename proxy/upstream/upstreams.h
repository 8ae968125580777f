// What one worker has for calling services: its connections, idle and shared, how its instances do, and its turns in
// the rotations. Made by the worker stack beside the Worker, which outlives it. Worker's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/runtime/worker.h"
#include "proxy/tls/client_session.h"
#include "proxy/upstream/balancer.h"
#include "proxy/upstream/endpoint_health.h"
#include "proxy/upstream/pool.h"
#include "proxy/upstream/shared_connections.h"

namespace weft::proxy {

class Upstreams {
 public:
  explicit Upstreams(Worker& worker) : pool(worker.loop), shared(worker, *this), balancer(worker.random, health) {}

  // What the next TLS connection through this slot resumes.
  const std::shared_ptr<ClientSession>& session(uint32_t slot) {
    if (slot >= sessions_.size()) sessions_.resize(slot + 1);
    if (sessions_[slot] == nullptr) sessions_[slot] = std::make_shared<ClientSession>();
    return sessions_[slot];
  }
  // The slot leads elsewhere now, or nowhere.
  void forget(uint32_t slot) {
    pool.close_idle(slot);
    health.forget(slot);
    shared.forget(slot, pool.epoch());
    if (slot < sessions_.size()) sessions_[slot].reset();
  }

  // No request is sent any more on a TLS connection that was opened with another trust; with 0, on none of them.
  void leave_other_trust(uint64_t trust) {
    pool.close_other_trust(trust);
    shared.drain_other_trust(trust);
  }

  // Connections that are being opened now.
  uint32_t connecting = 0;
  ConnectionPool pool;
  HealthTable health;
  SharedConnections shared;
  Balancer balancer;

 private:
  std::vector<std::shared_ptr<ClientSession>> sessions_;  // by slot; null: no connection yet
};

}  // namespace weft::proxy
