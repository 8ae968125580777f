// What everything on one worker's thread shares: its loop, buffers, counters, randomness and the current snapshot. Made
// by the worker stack; never seen by another thread (but for the counters, which may be read).
#pragma once

#include <memory>
#include <utility>

#include "base/random.h"
#include "proxy/config/snapshot.h"
#include "proxy/runtime/buffer_pool.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/runtime/handshake.h"
#include "proxy/runtime/limits.h"
#include "proxy/runtime/load.h"
#include "proxy/runtime/pipe_pool.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

struct Worker {
  Worker() { buffers.account_to(load.get()); }
  // With what it shares with the others.
  Worker(const Limits& process_limits, std::shared_ptr<ProcessLoad> process_load)
      : limits(process_limits), load(std::move(process_load)) {
    buffers.account_to(load.get());
  }

  const Limits limits = effective_limits({}, 1024);
  const std::shared_ptr<ProcessLoad> load = std::make_shared<ProcessLoad>();
  const uint32_t number = load->retry_budgets().add_worker();
  EventLoop loop;
  BufferPool buffers;
  PipePool pipes;
  WorkerCounters counters;
  Random random;
  HandshakeGate handshakes;
  TimePoint quiet_about_tls_until{};  // of lines about refused connections
  TimePoint quiet_about_glitches_until{};
  TimePoint quiet_about_refusals_until{};
  TimePoint quiet_about_shortages_until{};
  TimePoint quiet_about_limits_until{};
  std::shared_ptr<const Snapshot> snapshot;
  // Answers carry "Connection: close" (drain).
  bool draining_inbound = false;
  bool draining_outbound = false;
  // True while sessions are nudged because something is short: those that have been idle for a while end.
  bool closing_idle = false;
};

}  // namespace weft::proxy
