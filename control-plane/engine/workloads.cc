#include "control-plane/engine/workloads.h"

#include <optional>
#include <utility>

#include "control-plane/engine/draft.h"
#include "control-plane/resource/labels.h"
#include "policies/policy_resource.h"
#include "weft/v1/workload.pb.h"

namespace weft::cp {
namespace {

constexpr std::string_view kOwnName = "workload-generator";

using WorkloadDraft = Draft<v1::Workload, v1::WorkloadStatus>;

void set_labels(const std::string& mesh, const std::string& name, const std::string& zone, Labels& labels) {
  labels[std::string(kMeshLabel)] = mesh;
  labels[std::string(kDisplayNameLabel)] = name;
  labels[std::string(kManagedByLabel)] = kOwnName;
  labels[std::string(kEnvLabel)] = "universal";
  labels[std::string(kOriginLabel)] = "zone";
  if (!zone.empty()) labels[std::string(kZoneLabel)] = zone;
}

}  // namespace

void plan_workloads(const World& world, const std::string& mesh,
                    const std::map<std::string, std::vector<InstancePtr>>& workloads, const std::string& zone,
                    std::vector<Write>& writes) {
  const std::shared_ptr<const World::Table> table = world.table("Workload", mesh);
  const auto add = [&](WorkloadDraft draft) {
    if (std::optional<Write> write = std::move(draft).write()) writes.push_back(*std::move(write));
  };
  for (const auto& [name, instances] : workloads) {
    if (table->find(name) != table->end()) continue;
    WorkloadDraft draft;
    draft.key = {"Workload", mesh, name};
    set_labels(mesh, name, zone, draft.labels);
    add(std::move(draft));
  }
  for (const auto& [name, resource] : *table) {
    if (label_value(resource->labels, kManagedByLabel) != kOwnName) continue;
    WorkloadDraft draft = WorkloadDraft::of(resource);
    draft.unwanted = !workloads.contains(name);
    set_labels(mesh, name, zone, draft.labels);
    add(std::move(draft));
  }
}

}  // namespace weft::cp
