// Metrics under the names that dashboards made for Kuma look for, beside our own (serve/metrics.h). Owned by main, fed
// from where the work is done; any thread.
#pragma once

#include <string>

#include "base/histogram.h"
#include "control-plane/options.h"
#include "control-plane/store/world.h"

namespace weft::cp {

struct ContractMetrics {
  HistogramFamily api_requests;  // of the REST API, by route, method and status
  HistogramFamily store_operations;
  LatencyHistogram vip_generation;  // services, host names and virtual addresses brought up to date

  void observe_request(std::string_view method, std::string_view route, int status,
                       std::chrono::steady_clock::duration duration);

  struct Installation {
    std::string instance_id, cluster_id, version;
  };
  // Prometheus text; resources are counted now.
  std::string print(const Options& options, const Installation& installation, const World& world) const;
};

}  // namespace weft::cp
