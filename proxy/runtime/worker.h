// What everything on one worker's thread shares: its loop, buffers, counters, randomness and the current snapshot. Made
// by the worker stack; never seen by another thread (but for the counters, which may be read).
#pragma once

#include <memory>

#include "base/random.h"
#include "proxy/config/snapshot.h"
#include "proxy/runtime/buffer_pool.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/runtime/handshake.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

struct Worker {
  EventLoop loop;
  BufferPool buffers;
  WorkerCounters counters;
  Random random;
  HandshakeGate handshakes;
  TimePoint quiet_about_tls_until{};  // of lines about refused connections
  std::shared_ptr<const Snapshot> snapshot;
  // Answers carry "Connection: close" (drain).
  bool draining_inbound = false;
  bool draining_outbound = false;
};

}  // namespace weft::proxy
