// Load on one address: a number of connections, each with one request under way or, with HTTP/2, more; closed loop (the
// next request when the answer is complete) or open loop (a fixed rate; latency counts from when a request was due).
// Every answer is checked; whatever goes wrong is counted by kind and the connection is replaced. Owned by the program;
// its thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "tools/bench/load/caller.h"
#include "tools/bench/load/histogram.h"
#include "tools/bench/load/options.h"

namespace weft::bench {

class Load final : private Calls {
 public:
  // `measuring` is called once, when the warm-up is over. `tls`: null when there are no certificates; outlives the
  // load.
  Load(Poller& poller, LoadOptions options, void (*measuring)(), Tls* tls = nullptr);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Does what time demands. True when the load has ended.
  bool tick();
  TimePoint next_tick() const;
  void stop();
  std::string report() const;  // one JSON object
  const Faults& counted() const { return faults; }
  uint64_t requests() const { return latency_.count(); }

 private:
  enum class Phase { kWarming, kMeasuring, kEnding, kEnded };

  void finished(Place& place, bool good) override;
  void issue(Place& place, TimePoint due);
  void issue_due();
  void next(Place& place);
  void begin_measuring();
  bool may_send() const { return phase_ == Phase::kWarming || phase_ == Phase::kMeasuring; }
  bool all_sent() const { return options.requests > 0 && sent_ >= options.requests; }

  void (*measuring_)();
  std::vector<std::unique_ptr<Caller>> callers_;
  std::deque<Place> places_;
  std::vector<Place*> idle_;
  Phase phase_ = Phase::kWarming;
  TimePoint started_, measured_from_, ended_;
  uint64_t sent_ = 0;       // in this phase
  uint64_t scheduled_ = 0;  // open loop: requests that have been issued
  uint64_t under_way_ = 0;
  uint64_t opened_ = 0;
  Histogram latency_;
};

}  // namespace weft::bench
