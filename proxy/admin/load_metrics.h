// The metrics of what a proxy carries, of its limits and of what it did when one was reached. Control thread.
#pragma once

#include <cstdint>
#include <vector>

#include "proxy/runtime/limits.h"
#include "proxy/runtime/load.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

class MetricsText;

struct LoadReport {
  Limits limits;
  Pressure pressure = Pressure::kNone;
  uint64_t anonymous_bytes = 0;
  // What is held against the limit; limit 0: there is none.
  uint64_t used_bytes = 0;
  uint64_t limit_bytes = 0;
  uint64_t buffers_lent_bytes = 0;
  uint64_t buffers_free_bytes = 0;
  uint64_t snapshot_write_failures = 0;
  uint64_t log_lines_dropped = 0;
};

void write_load(MetricsText& text, const LoadReport& report, const std::vector<const WorkerCounters*>& workers);

}  // namespace weft::proxy
