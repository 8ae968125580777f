#include "control-plane/generate/live_status.h"

#include <memory>
#include <utility>
#include <vector>

#include "control-plane/engine/service_status.h"
#include "control-plane/engine/telemetry_backends.h"
#include "control-plane/resource/kind.h"
#include "weft/v1/workload.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;

template <typename Status>
ResourcePtr with_counts(const Resource& resource, const v1::DataplaneProxies& counts) {
  auto status = std::make_shared<Status>();
  if (resource.status != nullptr) status->CopyFrom(*resource.status);
  *status->mutable_dataplane_proxies() = counts;
  auto shown = std::make_shared<Resource>(resource);
  shown->status = std::move(status);
  return shown;
}

// Whether its status has no other content than conditions about telemetry.
bool tells_of_telemetry(const Kind& kind) {
  return kind.status != nullptr && (kind.is_policy() || kind.type() == "MeshOpenTelemetryBackend");
}

ResourcePtr with_conditions(const Resource& resource, const Kind& kind, const std::vector<v1::Condition>& conditions) {
  std::shared_ptr<google::protobuf::Message> status(kind.status->New());
  const google::protobuf::FieldDescriptor* field = status->GetDescriptor()->FindFieldByName("conditions");
  if (field == nullptr || field->message_type() != v1::Condition::descriptor()) return nullptr;
  for (const v1::Condition& condition : conditions) {
    status->GetReflection()->AddMessage(status.get(), field)->CopyFrom(condition);
  }
  auto shown = std::make_shared<Resource>(resource);
  shown->status = std::move(status);
  return shown;
}

}  // namespace

std::vector<InstancePtr> LiveStatus::instances_of(const World& world, const Resource& resource) {
  const std::lock_guard lock(mutex_);
  if (world.table("Dataplane", resource.key.mesh)->empty()) {
    meshes_.erase(resource.key.mesh);
    return {};
  }
  MeshCensus& census = meshes_[resource.key.mesh];
  census.follow(world, resource.key.mesh);
  const auto* service = DynamicCastToGenerated<const v1::MeshService>(resource.spec.get());
  return service != nullptr ? census.selected_by(*service) : census.of_workload(resource.key.name);
}

ResourcePtr LiveStatus::shown(const World& world, const ResourcePtr& resource) {
  const auto* service = DynamicCastToGenerated<const v1::MeshService>(resource->spec.get());
  if (service == nullptr && resource->key.type != "Workload") {
    const Kind* kind = find_kind(resource->key.type);
    if (kind == nullptr || !tells_of_telemetry(*kind)) return resource;
    const ResourcePtr shown = with_conditions(*resource, *kind, telemetry_conditions(world, *resource));
    return shown == nullptr ? resource : shown;
  }
  if (!is_local(resource->labels)) return resource;
  v1::DataplaneProxies counts;
  for (const InstancePtr& instance : instances_of(world, *resource)) {
    counts.set_total(counts.total() + 1);
    if (is_connected_(instance->resource->key)) counts.set_connected(counts.connected() + 1);
    const bool healthy = service != nullptr ? is_healthy(*instance, *service) : is_healthy(*instance);
    if (healthy) counts.set_healthy(counts.healthy() + 1);
  }
  return service != nullptr ? with_counts<v1::MeshServiceStatus>(*resource, counts)
                            : with_counts<v1::WorkloadStatus>(*resource, counts);
}

}  // namespace weft::cp
