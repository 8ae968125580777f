// What one worker has for calling services: its idle connections and its turns in the rotations. Made by the worker
// stack beside the Worker, which outlives it. Worker's thread only.
#pragma once

#include "proxy/runtime/worker.h"
#include "proxy/upstream/balancer.h"
#include "proxy/upstream/pool.h"

namespace weft::proxy {

class Upstreams {
 public:
  explicit Upstreams(Worker& worker) : pool(worker.loop), balancer(worker.random) {}

  ConnectionPool pool;
  Balancer balancer;
};

}  // namespace weft::proxy
