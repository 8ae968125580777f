// Where proxies show metrics, for a Prometheus that discovers what it reads: a MeshMetric with a Prometheus backend
// makes one target of every dataplane it selects. Computed from the World when somebody asks, a mesh only when its
// dataplanes or policies changed. One owner, one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/mesh_index.h"
#include "control-plane/store/world.h"

namespace weft::cp {

struct MonitoringTarget {
  std::string mesh;
  std::string service;  // the workload, or the dataplane's own name when it has none
  std::string dataplane;
  std::string client;  // for whom it is; empty: for every client that no backend names
  std::string scheme;
  std::string address;  // "10.0.0.1:5670", "[fd00::1]:5670"
  std::string path;
  std::map<std::string, std::string, std::less<>> labels;  // the dataplane's
};

// What one client is told.
struct MonitoringAssignments {
  std::string version;    // the same for the same resources, always
  std::string resources;  // a JSON list of kuma.observability.v1.MonitoringAssignment
};

class MonitoringTargets {
 public:
  MonitoringAssignments assignments(const World& world, std::string_view client);

 private:
  struct Mesh {
    std::shared_ptr<const World::Table> dataplanes;
    PolicyIndex policies;
    std::vector<MonitoringTarget> targets;  // by service and dataplane
  };
  void follow(const World& world);

  std::map<std::string, Mesh> meshes_;
};

}  // namespace weft::cp
