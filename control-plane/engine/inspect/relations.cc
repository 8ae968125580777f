#include "control-plane/engine/inspect/relations.h"

#include "control-plane/engine/inspect/destinations.h"
#include "control-plane/engine/views.h"
#include "policies/match.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

template <typename Takes>
std::vector<ResourcePtr> dataplanes_where(const World& world, const std::string& mesh, const Takes& takes) {
  std::vector<ResourcePtr> taken;
  for (const auto& [name, resource] : *world.table("Dataplane", mesh)) {
    const DataplaneViewPtr dataplane = view_dataplane(resource);
    if (dataplane != nullptr && takes(*dataplane)) taken.push_back(resource);
  }
  return taken;
}

}  // namespace

std::vector<ResourcePtr> dataplanes_of_policy(const World& world, const Resource& resource) {
  const PolicyPtr policy = view_policy(std::make_shared<const Resource>(resource));
  if (policy == nullptr) return {};
  return dataplanes_where(world, resource.key.mesh, [&](const DataplaneView& dataplane) {
    return select(*policy, dataplane.proxy, Shadow::kInclude).applies;
  });
}

std::vector<ResourcePtr> dataplanes_of_service(const World& world, const Resource& resource) {
  const ServiceViewPtr service = view_service(std::make_shared<const Resource>(resource));
  if (service == nullptr) return {};
  const v1::MeshService::Selector& selector = service->spec->selector();
  const auto& labels = selector.dataplane_labels().match_labels();
  return dataplanes_where(world, resource.key.mesh, [&](const DataplaneView& dataplane) {
    if (selector.has_dataplane_ref()) return dataplane.resource->key.name == selector.dataplane_ref().name();
    return !labels.empty() && has_labels(dataplane.resource->labels, labels);
  });
}

std::vector<ResourcePtr> clients_of_service(const World& world, const Resource& service) {
  return dataplanes_where(world, service.key.mesh,
                          [&](const DataplaneView& dataplane) { return may_use(world, service, *dataplane.spec); });
}

}  // namespace weft::cp
