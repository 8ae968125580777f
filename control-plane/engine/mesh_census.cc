#include "control-plane/engine/mesh_census.h"

#include <algorithm>
#include <utility>

#include "control-plane/engine/views.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/names.h"

namespace weft::cp {
namespace {

InstancePtr view_instance(ResourcePtr resource) {
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::Dataplane>(resource->spec.get());
  if (spec == nullptr) return nullptr;
  return std::make_shared<const Instance>(Instance{std::move(resource), spec});
}

bool is_older(const InstancePtr& a, const InstancePtr& b) {
  return std::tie(a->resource->created, a->resource->key.name) < std::tie(b->resource->created, b->resource->key.name);
}

}  // namespace

MeshCensus::MeshCensus() : instances_(view_instance) {}

bool MeshCensus::follow(const World& world, std::string_view mesh) {
  return instances_.follow(world.table("Dataplane", mesh));
}

std::vector<InstancePtr> MeshCensus::selected_by(const v1::MeshService& service) const {
  const v1::MeshService::Selector& selector = service.selector();
  if (!selector.has_dataplane_ref()) return instances_.select(selector.dataplane_labels().match_labels());
  InstancePtr one = instances_.find(selector.dataplane_ref().name());
  return one == nullptr ? std::vector<InstancePtr>() : std::vector<InstancePtr>{std::move(one)};
}

std::vector<InstancePtr> MeshCensus::of_workload(const std::string& workload) const {
  return instances_.select(std::map<std::string, std::string>{{std::string(kWorkloadLabel), workload}});
}

std::map<std::string, std::vector<InstancePtr>> MeshCensus::workloads() const {
  static const std::string kLabel(kWorkloadLabel);
  std::map<std::string, std::vector<InstancePtr>> workloads;
  for (const auto& [name, instance] : instances_.all()) {
    const auto label = instance->resource->labels.find(kLabel);
    if (label == instance->resource->labels.end() || !is_dns_label(label->second)) continue;
    workloads[label->second].push_back(instance);
  }
  for (auto& [workload, instances] : workloads) std::sort(instances.begin(), instances.end(), is_older);
  return workloads;
}

bool is_healthy(const Instance& instance, const v1::MeshService& service) {
  bool any = false;
  for (const auto& inbound : instance.networking().inbound()) {
    if (inbound.state() == "Ignored") continue;
    const bool belongs = std::any_of(service.ports().begin(), service.ports().end(),
                                     [&](const v1::MeshService::Port& port) { return fits(port, inbound); });
    if (!belongs) continue;
    if (!is_ready(inbound)) return false;
    any = true;
  }
  return any;
}

bool is_healthy(const Instance& instance) {
  const auto& inbounds = instance.networking().inbound();
  return std::all_of(inbounds.begin(), inbounds.end(),
                     [](const auto& inbound) { return inbound.state() == "Ignored" || is_ready(inbound); });
}

}  // namespace weft::cp
