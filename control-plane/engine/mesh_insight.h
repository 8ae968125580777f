// What can be counted of a mesh, and of all of them: proxies by state, type and version, resources by type. Counted
// when somebody asks, from the World and what is known of the proxies' connections, so that no count is ever out of
// date. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "control-plane/store/world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/dataplane_insight.pb.h"
#include "weft/v1/insights.pb.h"

namespace weft::cp {

// What is known of a dataplane's connection; null: it never connected.
using InsightOf = std::function<std::shared_ptr<const v1::DataplaneInsight>(const ResourceKey& dataplane)>;

// Some connection is open.
bool is_online(const v1::DataplaneInsight& insight);

enum class ProxyState { kOffline, kPartiallyDegraded, kOnline };
// A gateway is online when it is connected; any other when it is connected and all it offers is ready. `insight` may be
// null.
ProxyState state_of(const v1::Dataplane& dataplane, const v1::DataplaneInsight* insight);

v1::MeshInsight mesh_insight(const World& world, const std::string& mesh, const InsightOf& insight_of);

// Of every mesh together.
struct GlobalInsight {
  v1::MeshInsight::Counters standard, gateway_delegated;  // dataplanes
  v1::MeshInsight::Counters internal_services;            // MeshServices; online: available
  uint32_t external_services = 0;
  uint32_t meshes = 0;
  uint32_t policies = 0;
  uint32_t zones = 0;
  uint32_t zones_online = 0;
  std::map<std::string, uint32_t, std::less<>> resources;  // by type, those that exist
};
GlobalInsight global_insight(const World& world, const InsightOf& insight_of);

}  // namespace weft::cp
