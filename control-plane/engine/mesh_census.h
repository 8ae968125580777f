// Who is in a mesh: its dataplanes by name and label, the workloads they name, and the instances a MeshService selects.
// Followed table by table: what did not change is not looked at again. One owner at a time; the views belong to any
// thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/label_index.h"
#include "control-plane/store/world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {

// A stored Dataplane with its message in its own type.
struct Instance {
  ResourcePtr resource;
  const v1::Dataplane* spec = nullptr;  // never null

  const v1::Dataplane::Networking& networking() const { return spec->networking(); }
};
using InstancePtr = std::shared_ptr<const Instance>;

class MeshCensus {
 public:
  MeshCensus();

  // Takes over the Dataplanes of `mesh`; true when they are others than before.
  bool follow(const World& world, std::string_view mesh);

  const LabelIndex<Instance>& instances() const { return instances_; }
  // The instances of a service, oldest first. A selector without labels selects none.
  std::vector<InstancePtr> selected_by(const v1::MeshService& service) const;
  // The dataplanes of one workload, or of each (label kuma.io/workload, a valid service name), oldest first.
  std::vector<InstancePtr> of_workload(const std::string& workload) const;
  std::map<std::string, std::vector<InstancePtr>> workloads() const;

 private:
  LabelIndex<Instance> instances_;
};

// Every inbound that belongs to the service is ready, and there is one. Ignored inbounds belong to nothing.
bool is_healthy(const Instance& instance, const v1::MeshService& service);
// Every inbound is ready.
bool is_healthy(const Instance& instance);

}  // namespace weft::cp
