#include "control-plane/engine/mesh_index.h"

#include <utility>

#include "policies/order.h"
#include "policies/policy.h"

namespace weft::cp {
namespace {

std::vector<DataplaneViewPtr> select_instances(const v1::MeshService& service,
                                               const LabelIndex<DataplaneView>& dataplanes) {
  const v1::MeshService::Selector& selector = service.selector();
  if (!selector.has_dataplane_ref()) return dataplanes.select(selector.dataplane_labels().match_labels());
  DataplaneViewPtr one = dataplanes.find(selector.dataplane_ref().name());
  return one == nullptr ? std::vector<DataplaneViewPtr>() : std::vector<DataplaneViewPtr>{std::move(one)};
}

}  // namespace

bool PolicyIndex::follow(const std::shared_ptr<const World::Table>& table) {
  if (table == table_) return false;
  std::map<std::string, Entry, std::less<>> entries;
  sorted_.clear();
  for (const auto& [name, resource] : *table) {
    const auto old = entries_.find(name);
    PolicyPtr policy =
        old != entries_.end() && old->second.resource == resource ? old->second.policy : view_policy(resource);
    if (policy == nullptr) continue;
    sorted_.push_back(policy);
    entries.emplace(name, Entry{resource, std::move(policy)});
  }
  sort_policies(sorted_);
  entries_ = std::move(entries);
  table_ = table;
  return true;
}

MeshIndex::MeshIndex(std::string mesh)
    : mesh_(std::move(mesh)), dataplanes_(view_dataplane), services_(view_service), policies_(policy_kinds().size()) {}

size_t MeshIndex::follow(const World& world) {
  size_t changed = 0;
  changed += dataplanes_.follow(world.table("Dataplane", mesh_)) ? 1 : 0;
  if (services_.follow(world.table("MeshService", mesh_))) {
    ++changed;
    std::erase_if(selected_, [&](const auto& entry) { return services_.find(entry.first) == nullptr; });
  }
  changed += identities_.follow(world.table("MeshIdentity", mesh_)) ? 1 : 0;
  changed += trusts_.follow(world.table("MeshTrust", mesh_)) ? 1 : 0;
  bool policies_changed = false;
  for (size_t i = 0; i < policies_.size(); ++i) {
    if (!policies_[i].follow(world.table(policy_kinds()[i].name, mesh_))) continue;
    policies_changed = true;
    ++changed;
  }
  const bool visible = world.find({"Mesh", "", mesh_}) != nullptr;
  if (visible != std::exchange(mesh_visible_, visible)) policies_changed = true;
  if (policies_changed) ++policies_generation_;
  return changed;
}

Instances MeshIndex::instances(const ServiceViewPtr& service) {
  Selected& selected = selected_[service->resource->key.name];
  if (selected.service == service && selected.generation == dataplanes_.generation()) return selected.instances;
  std::vector<DataplaneViewPtr> now = select_instances(*service->spec, dataplanes_);
  if (selected.instances == nullptr || *selected.instances != now) {
    selected.instances = std::make_shared<const std::vector<DataplaneViewPtr>>(std::move(now));
  }
  selected.service = service;
  selected.generation = dataplanes_.generation();
  return selected.instances;
}

}  // namespace weft::cp
