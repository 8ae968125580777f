// What a proxy counts, as Prometheus text (/metrics) and for people (/stats). Sums the workers' counters when asked;
// the names and units of everything exported are in metrics.cc and load_metrics.cc and nowhere else. Pure functions;
// control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/admin/certification_report.h"
#include "proxy/admin/load_metrics.h"
#include "proxy/config/slots.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

struct MetricsInput {
  std::vector<const WorkerCounters*> workers;
  // By counters slot.
  std::deque<DestinationNumbers::Entry> destinations;
  std::string version;
  uint64_t open_connections = 0;
  uint64_t active_exchanges = 0;
  uint64_t revision = 0;
  uint64_t refused_items = 0;
  bool control_plane_connected = false;
  bool ready = false;
  // Since the control plane last confirmed the configuration; nothing: it came from disk.
  std::optional<double> configuration_age_seconds;
  double uptime_seconds = 0;
  LoadReport load;
  // Nothing: this proxy has no identity.
  std::optional<CertificationReport> certification;
};

std::string metrics_text(const MetricsInput& input);
std::string stats_text(const MetricsInput& input);
// The same numbers as in metrics_text(), one "name: value" a line.
std::string stats_lines(const MetricsInput& input);

}  // namespace weft::proxy
