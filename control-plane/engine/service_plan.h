// Everything a zone writes by itself about its services: the generated MeshServices and Workloads, who is available,
// whose clients may speak TLS, host names and virtual addresses of all three kinds of service. The writes follow from
// the World; what is remembered only spares work. Each resource is written at most once for a change, whatever became
// different about it. One owner, one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control-plane/engine/generate_mesh_services.h"
#include "control-plane/engine/mesh_census.h"
#include "control-plane/engine/vips.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// Where the three kinds of service get their virtual addresses.
struct VipRanges {
  VipRange mesh_services;
  VipRange mesh_external_services;
  VipRange mesh_multi_zone_services;
};

struct ServicePlanOptions {
  GenerateOptions generate;
  // Off: MeshServices and Workloads are not made from Dataplanes.
  bool generates = true;
  // Dataplanes of a mesh whose proxies are connected and have no certificate to show: as long as a service has such an
  // instance its clients do not begin to speak TLS. Not set: all have one.
  std::function<std::set<std::string>(const World& world, const std::string& mesh)> without_certificate;
};

struct ServicePlan {
  std::vector<Write> writes;
  // When there is something to do even if nothing changes.
  std::optional<Time> again_at;
  // Sentences about what could not be done.
  std::vector<std::string> problems;
};

class ServicePlanner {
 public:
  ServicePlanner(ServicePlanOptions options, VipRanges ranges);
  ~ServicePlanner();

  // What to write so that the services of `world` are as they should be; nothing when they are. Every write expects the
  // revision it was derived from, so a lost race is a conflict and not an overwrite.
  ServicePlan plan(const World& world, Time now);

  // How many meshes were looked at since the start; not where nothing had changed.
  uint64_t meshes_planned() const { return meshes_planned_; }

 private:
  struct Mesh;
  class MeshPlan;

  const ServicePlanOptions options_;
  VipRanges ranges_;
  std::map<std::string, std::unique_ptr<Mesh>> meshes_;
  uint64_t meshes_planned_ = 0;
};

}  // namespace weft::cp
