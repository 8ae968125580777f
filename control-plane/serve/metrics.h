// What the control plane counts of its work on proxies, and its own use of the machine, as Prometheus text. Counters
// are atomics: any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "control-plane/engine/compile_proxy.h"

namespace weft::cp {

// Cumulative buckets are made when printed; here each observation is in one.
class LatencyHistogram {
 public:
  void observe(std::chrono::steady_clock::duration duration);
  // Appends the lines of one Prometheus histogram, in seconds.
  void print(std::string& out, const char* name, const char* help) const;

 private:
  static constexpr std::array<double, 12> kBoundsSeconds{0.001, 0.002, 0.005, 0.01, 0.02, 0.03,
                                                         0.05,  0.1,   0.2,   0.5,  1,    5};
  std::array<std::atomic<uint64_t>, kBoundsSeconds.size() + 1> counts_{};
  std::atomic<uint64_t> nanoseconds_{0};
};

struct ServeMetrics {
  std::atomic<uint64_t> connected_proxies{0};
  std::atomic<uint64_t> streams_opened{0};
  std::atomic<uint64_t> streams_refused{0};
  std::atomic<uint64_t> updates_sent{0};
  std::atomic<uint64_t> items_sent{0};
  std::atomic<uint64_t> payload_bytes_sent{0};
  std::atomic<uint64_t> acknowledgements{0};
  std::atomic<uint64_t> items_refused{0};
  std::atomic<uint64_t> rounds{0};
  std::atomic<uint64_t> store_revision{0};
  // From the commit of the oldest change in an update to its acknowledgement, per proxy.
  LatencyHistogram change_to_active;

  // Copied from the memo after each round: the memo belongs to the delivery thread.
  struct Compiled {
    std::atomic<uint64_t> proxies{0}, listeners{0}, destinations{0}, endpoints{0}, identities{0}, trusts{0}, units{0},
        indexes{0};
  } compiled;
  void set_compiled(const CompileCounters& counters);

  // Prometheus text, with CPU time and memory of this process.
  std::string print() const;
};

}  // namespace weft::cp
