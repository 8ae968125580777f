// The counters of one worker. One thread writes (plain add on a relaxed atomic, no locked instruction), any thread may
// read; the reader sums over workers. Names and units of what is exported: proxy/admin/metrics.cc.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>

#include "policies/outcome.h"
#include "proxy/telemetry/counter.h"
#include "proxy/telemetry/denials.h"
#include "proxy/telemetry/glitch.h"
#include "proxy/telemetry/most_frequent.h"
#include "proxy/telemetry/unrouted.h"
#include "proxy/tls/failure.h"

namespace weft::proxy {

// Powers of two of a microsecond: bucket i counts durations < 2^i us, the last one the rest (>= 2^23 us, 8.4 s).
class Histogram {
 public:
  static constexpr size_t kBuckets = 25;
  void record(std::chrono::nanoseconds duration) {
    const auto us = static_cast<uint64_t>(duration.count() < 0 ? 0 : duration.count() / 1000);
    const size_t bucket = static_cast<size_t>(std::bit_width(us));
    counts_[bucket < kBuckets ? bucket : kBuckets - 1].add();
    sum_nanoseconds_.add(static_cast<uint64_t>(duration.count() < 0 ? 0 : duration.count()));
  }
  uint64_t count(size_t bucket) const { return counts_[bucket].value(); }
  uint64_t sum_nanoseconds() const { return sum_nanoseconds_.value(); }

 private:
  std::array<Counter, kBuckets> counts_;
  Counter sum_nanoseconds_;
};

// Of one destination on one worker.
struct DestinationCounters {
  Counter requests;                          // that came; once they are over, the sum of the next
  std::array<Counter, 6> requests_by_class;  // index = status / 100; 0: no answer was sent
  std::array<Counter, static_cast<size_t>(Reason::kCount)> failures;  // answers made by the proxy, by reason
  std::array<Counter, 18> grpc_calls;                                 // by grpc-status; the last: none, or unknown
  Counter retries;                                                    // attempts after the first
  Counter retries_exhausted;                                          // the last attempt failed and no retry was left
  Counter retries_over_budget;                                        // not made: too many had been in vain
  Counter bytes_received;                                             // from downstream
  Counter bytes_sent;                                                 // to downstream
  Counter connections_opened;                                         // TCP sessions, or upstream connections for HTTP
  Counter connect_failures;
  std::array<Counter, 4> overflows;  // limits of a MeshCircuitBreaker that were met, by which (Used)
  Counter connections_revoked;       // TCP sessions closed because their peer is no longer allowed
  Counter connections_unchecked;     // accepted without mutual TLS although the proxy has an identity
  Counter connections_with_own_tls;  // relayed; their client spoke TLS that is not the mesh's
  Histogram total;                   // request received to answer sent
  Histogram upstream;                // of it, waiting for the service
  Histogram own;                     // of it, the proxy's: total - upstream

  void count_grpc(uint8_t status) { grpc_calls[status < 17 ? status : 17].add(); }
};

// Handshakes of one side.
struct TlsCounters {
  Counter full;
  Counter resumed;
  std::array<Counter, static_cast<size_t>(TlsFailure::kCount)> failures;  // by reason
};

// Why a listener accepts nothing for a moment.
enum class AcceptRest : uint8_t { kConnections, kListenerConnections, kCount };

struct WorkerCounters {
  static constexpr size_t kSlots =
      4096;  // destinations a process can know in its life; beyond, the last slot is shared
  Counter connections_accepted;
  Counter connections_closed;
  Counter accept_pauses;  // no descriptors or memory left for a moment
  std::array<Counter, static_cast<size_t>(AcceptRest::kCount)> accept_rests;  // a limit was reached
  Counter connections_refused;                                                // memory was short
  Counter connections_shed;  // idle ones that were closed because something was short
  Counter connections_cut;   // memory was about to run out
  std::array<Counter, static_cast<size_t>(Unrouted::kCount)> connections_unrouted;
  Counter connect_shortages;    // no descriptor, port or memory for a connection upstream
  Counter connects_overflowed;  // too many were being opened
  std::array<Counter, static_cast<size_t>(Glitch::kCount)> glitches;
  Counter glitch_ends;  // connections that were told to end for them
  Counter glitch_cuts;
  Counter exchanges_started;
  Counter exchanges_ended;
  Counter loop_turns;
  Counter bytes_spliced;           // moved between sockets without being copied
  std::array<TlsCounters, 2> tls;  // by TlsSide: as a server, as a client
  Denials denials;
  MostFrequent plain_callers;  // came without mutual TLS; address without port
  MostFrequent asked_names;    // of clients that bring their own TLS; lower case

  // Made when first used by the worker; null for slots it never served.
  const DestinationCounters* find(uint32_t slot) const {
    return slots_[slot < kSlots ? slot : kSlots - 1].load(std::memory_order_acquire);
  }
  // The worker's thread only.
  DestinationCounters& at(uint32_t slot);

  WorkerCounters() = default;
  ~WorkerCounters();
  WorkerCounters(const WorkerCounters&) = delete;
  WorkerCounters& operator=(const WorkerCounters&) = delete;

 private:
  std::array<std::atomic<DestinationCounters*>, kSlots> slots_{};
};

}  // namespace weft::proxy
