#include "control-plane/engine/monitoring_targets.h"

#include <algorithm>
#include <tuple>

#include "base/document/json_writer.h"
#include "base/hash.h"
#include "base/text.h"
#include "control-plane/engine/views.h"
#include "policies/effective_conf.h"
#include "policies/match.h"
#include "weft/v1/mesh_metric.pb.h"

namespace weft::cp {
namespace {

using Conf = v1::MeshMetricConf;

constexpr std::string_view kPolicy = "MeshMetric";
constexpr std::string_view kDataplane = "Dataplane";
constexpr char kAssignmentType[] = "type.googleapis.com/kuma.observability.v1.MonitoringAssignment";
constexpr std::string_view kWorkloadLabel = "kuma.io/workload";
constexpr uint32_t kPort = 5670;

MonitoringTarget target_of(const DataplaneView& dataplane, const Conf::Prometheus& backend) {
  const std::string& ip = dataplane.networking().address();
  const bool is_v6 = ip.find(':') != std::string::npos;
  const ResourceKey& key = dataplane.resource->key;
  const std::string_view workload = label_value(dataplane.resource->labels, kWorkloadLabel);
  MonitoringTarget target{
      .mesh = key.mesh,
      .service = std::string(workload.empty() ? key.name : workload),
      .dataplane = key.name,
      .client = backend.client_id(),
      .scheme = backend.tls().mode() == "ProvidedTLS" ? "https" : "http",
      .address = cat(is_v6 ? "[" : "", ip, is_v6 ? "]:" : ":", backend.has_port() ? backend.port() : kPort),
      .path = backend.path().empty() ? "/metrics" : backend.path()};
  for (const auto& [label, value] : dataplane.resource->labels) target.labels.emplace(label, value);
  return target;
}

std::vector<MonitoringTarget> targets_of(const World::Table& dataplanes, const std::vector<PolicyPtr>& policies) {
  std::vector<MonitoringTarget> targets;
  if (policies.empty()) return targets;
  for (const auto& [name, resource] : dataplanes) {
    const DataplaneViewPtr dataplane = view_dataplane(resource);
    if (dataplane == nullptr) continue;
    const EffectiveConf effective = effective_single_conf(matched_policies(policies, dataplane->proxy));
    if (effective.conf == nullptr) continue;
    for (const Conf::Backend& backend : static_cast<const Conf&>(*effective.conf).backends()) {
      if (backend.has_prometheus()) targets.push_back(target_of(*dataplane, backend.prometheus()));
    }
  }
  std::stable_sort(targets.begin(), targets.end(), [](const MonitoringTarget& a, const MonitoringTarget& b) {
    return std::tie(a.service, a.dataplane) < std::tie(b.service, b.dataplane);
  });
  return targets;
}

void write_target(JsonWriter& out, const MonitoringTarget& target) {
  out.begin_object();
  out.member("name", target.dataplane);
  out.member("scheme", target.scheme);
  out.member("address", target.address);
  out.member("metrics_path", target.path);
  out.key("labels");
  out.begin_object();
  for (const auto& [label, value] : target.labels) out.member(label, value);
  out.end_object();
  out.end_object();
}

// One assignment a service; the targets of a service follow each other.
std::string write_assignments(const std::vector<const MonitoringTarget*>& targets) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.begin_list();
  for (size_t i = 0; i < targets.size();) {
    const MonitoringTarget& first = *targets[i];
    out.begin_object();
    out.member("@type", kAssignmentType);
    out.member("mesh", first.mesh);
    out.member("service", first.service);
    out.key("targets");
    out.begin_list();
    for (; i < targets.size() && targets[i]->mesh == first.mesh && targets[i]->service == first.service; ++i) {
      write_target(out, *targets[i]);
    }
    out.end_list();
    out.end_object();
  }
  out.end_list();
  return out.take();
}

}  // namespace

void MonitoringTargets::follow(const World& world) {
  const std::vector<std::string> names = world.meshes();
  std::erase_if(meshes_,
                [&](const auto& entry) { return !std::binary_search(names.begin(), names.end(), entry.first); });
  for (const std::string& name : names) {
    Mesh& mesh = meshes_[name];
    const auto dataplanes = world.table(kDataplane, name);
    const bool new_policies = mesh.policies.follow(world.table(kPolicy, name));
    if (mesh.dataplanes == dataplanes && !new_policies) continue;
    mesh.dataplanes = dataplanes;
    mesh.targets = targets_of(*dataplanes, mesh.policies.sorted());
  }
}

MonitoringAssignments MonitoringTargets::assignments(const World& world, std::string_view client) {
  follow(world);
  bool is_named = false;
  for (const auto& [name, mesh] : meshes_) {
    for (const MonitoringTarget& target : mesh.targets) is_named |= !client.empty() && target.client == client;
  }
  std::vector<const MonitoringTarget*> mine;
  for (const auto& [name, mesh] : meshes_) {
    for (const MonitoringTarget& target : mesh.targets) {
      if (target.client == (is_named ? client : std::string_view())) mine.push_back(&target);
    }
  }
  MonitoringAssignments out{.resources = write_assignments(mine)};
  out.version = hex64(content_hash(out.resources));
  return out;
}

}  // namespace weft::cp
