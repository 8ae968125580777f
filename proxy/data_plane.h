// The workers as one thing: what main.cc holds. It opens listening sockets, hands snapshots to every worker, drains,
// stops and gives access to the counters. All methods belong to one control thread unless they say otherwise; no
// request ever passes through here.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/status.h"
#include "proxy/config/snapshot.h"
#include "proxy/net/listening_socket.h"
#include "proxy/runtime/limits.h"
#include "proxy/runtime/load.h"

namespace weft::proxy {

struct WorkerCounters;  // proxy/telemetry/counters.h

// What workers listen on, by address: one socket a worker.
using SocketsByAddress = std::map<std::string, std::vector<ListeningSocket>>;

class DataPlane {
 public:
  struct Options {
    // Threads, each with an event loop, listeners and pools of its own.
    unsigned workers = 1;
    // Those that are 0 take their defaults from the descriptors this process may open.
    Limits limits{};
    // What the workers carry together; null: one of its own.
    std::shared_ptr<ProcessLoad> load{};
  };

  static Result<std::unique_ptr<DataPlane>> start(const Options& options);
  virtual ~DataPlane() = default;

  // Binds (one socket a worker, SO_REUSEPORT) every listener of `snapshot` that has none yet. All or nothing: on
  // failure the sockets opened by this call are closed and the status names the address and the reason ("127.0.0.1:80:
  // Address already in use"). An address that another process holds is an error, also when that process would share it.
  virtual Status open_listeners(const Snapshot& snapshot) = 0;

  // Makes every worker switch to `snapshot` (its listeners are open). Requests that run keep the snapshot they started
  // with. Listeners it no longer has stop accepting; their connections finish. `active` runs once, on the last worker
  // to switch.
  virtual void publish(std::shared_ptr<const Snapshot> snapshot, absl::AnyInvocable<void()> active) = 0;

  // Inbound listeners, or all: answers carry "Connection: close", idle connections are closed, new ones still accepted
  // and closed after one answer. For ever.
  virtual void drain_inbound() = 0;
  virtual void drain_all() = 0;

  // Sockets to use for listeners to come instead of binding; none at all: those that were not used are closed.
  virtual void inherit(SocketsByAddress sockets) = 0;
  // Descriptors of their own for what is listened on now: whoever gets them can accept beside this process. Waits for
  // the workers.
  virtual SocketsByAddress duplicate_sockets() = 0;
  // No listener accepts any more, for ever; connections go on. What waits in a queue is accepted.
  virtual void stop_accepting() = 0;
  // Memory is short: every worker gives back what it can, as the pressure is.
  virtual void relieve() = 0;

  // Connections that are open downstream, all workers. Any thread.
  virtual uint64_t open_connections() const = 0;
  // Requests (and TCP sessions) under way, all workers. Any thread.
  virtual uint64_t active_exchanges() const = 0;
  // One entry a worker; the reader sums. Any thread.
  virtual std::vector<const WorkerCounters*> counters() const = 0;

  // What holds for every worker.
  virtual const Limits& limits() const = 0;
  struct BufferBytes {
    uint64_t lent = 0;
    uint64_t free = 0;
  };
  // Of all workers' pools. Any thread.
  virtual BufferBytes buffers() const = 0;

  // Closes everything and joins the threads.
  virtual void stop() = 0;
};

}  // namespace weft::proxy
