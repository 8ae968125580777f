// The parts of a resource's status that are found out when somebody looks: how many instances a service or a workload
// has, how many of them are connected and healthy; whether a collector is there, and named by a policy. They change
// with every connection, or follow from the World alone, so they are never stored: a write for each would look like a
// change of configuration. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "control-plane/engine/mesh_census.h"
#include "control-plane/store/world.h"

namespace weft::cp {

class LiveStatus {
 public:
  // Whether a dataplane's proxy is connected now. Thread-safe.
  using IsConnected = std::function<bool(const ResourceKey& dataplane)>;

  explicit LiveStatus(IsConnected is_connected) : is_connected_(std::move(is_connected)) {}

  // `resource` of `world` as it is shown; itself when nothing of it is counted.
  ResourcePtr shown(const World& world, const ResourcePtr& resource);

 private:
  std::vector<InstancePtr> instances_of(const World& world, const Resource& resource);

  const IsConnected is_connected_;
  std::mutex mutex_;
  std::map<std::string, MeshCensus, std::less<>> meshes_;  // under mutex_
};

}  // namespace weft::cp
