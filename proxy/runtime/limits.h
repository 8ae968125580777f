// The limits of a process and of its listeners that can be changed, with their defaults. docs/limits.md is the table of
// all limits with their reasons; a test holds the two together. Set before the workers start, never changed.
#pragma once

#include <chrono>
#include <cstdint>

namespace weft::proxy {

struct Limits {
  // Downstream connections of the process. 0: half of the descriptors that are left after kSpareDescriptors, since each
  // may need another one upstream.
  uint32_t max_connections = 0;
  // Of them, at one listener. 0: kListenerPercent of the process's.
  uint32_t max_listener_connections = 0;
  // Upstream connections that one worker is opening, all destinations together.
  uint32_t max_connecting = 1024;
  // Bytes of memory of its own (RssAnon). 0: only what its cgroup allows.
  uint64_t memory_bytes = 0;
  // A connection without a request for so long is closed when something is short.
  std::chrono::nanoseconds spared_idle = std::chrono::seconds(5);
  // On a listener with server names, to the end of a client's ClientHello.
  std::chrono::nanoseconds hello_time = std::chrono::seconds(10);
  // Points; a connection is to end at three quarters of them. 0: nothing is ever too odd.
  uint32_t glitches = 100;
  // Of the requests to a destination, in percent: so many repeats of them may be in vain. 0: any number.
  uint32_t retry_budget = 20;
  // A request with a field whose name has an underscore is refused: applications may take it for the one with a dash.
  bool refuse_underscores = false;
};

// For files, pipes, the control plane's stream, probes.
inline constexpr uint32_t kSpareDescriptors = 128;
// A --memory-limit below is refused: the process needs about 5 MiB without traffic.
inline constexpr uint64_t kLeastMemory = 16 * 1024 * 1024;
// So that one busy listener leaves room for the others.
inline constexpr uint32_t kListenerPercent = 80;

// Of the memory limit.
inline constexpr unsigned kShedPercent = 90;
inline constexpr unsigned kRefusePercent = 95;
inline constexpr unsigned kCutPercent = 98;
// So much below where it began, each of them ends.
inline constexpr unsigned kReliefPercent = 5;

// What a connection is taken to need until memory is measured again.
inline constexpr int64_t kConnectionBytes = 16 * 1024;

// Those that were left to default, from `descriptors` (RLIMIT_NOFILE).
inline Limits effective_limits(Limits limits, uint64_t descriptors) {
  if (limits.max_connections == 0) {
    const uint64_t left = descriptors > 2 * kSpareDescriptors ? descriptors - kSpareDescriptors : descriptors / 2;
    limits.max_connections = static_cast<uint32_t>(left / 2 < 1'000'000 ? left / 2 : 1'000'000);
  }
  if (limits.max_listener_connections == 0) {
    const uint64_t share = uint64_t{limits.max_connections} * kListenerPercent / 100;
    limits.max_listener_connections = share == 0 ? 1 : static_cast<uint32_t>(share);
  }
  return limits;
}

}  // namespace weft::proxy
