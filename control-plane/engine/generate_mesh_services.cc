#include "control-plane/engine/generate_mesh_services.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <utility>

#include <google/protobuf/util/message_differencer.h>

#include "base/text.h"
#include "control-plane/engine/views.h"

namespace weft::cp {
namespace {

using Inbound = v1::Dataplane::Networking::Inbound;
using Port = v1::MeshService::Port;

constexpr char kWorkload[] = "kuma.io/workload";
constexpr char kManagedBy[] = "kuma.io/managed-by";
constexpr char kOwnName[] = "meshservice-generator";
constexpr char kGracePeriod[] = "kuma.io/deletion-grace-period-started-at";

// RFC 1035 label: what a service may be called.
bool is_service_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name.back() == '-') return false;
  if (name.front() < 'a' || name.front() > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::string rfc3339(Time time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

std::optional<Time> parse_rfc3339(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return Time(std::chrono::seconds(timegm(&parts)));
}

// The dataplanes of each workload, oldest first.
using Workloads = std::map<std::string, std::vector<DataplaneViewPtr>>;

Workloads workloads_of(const World::Table& dataplanes) {
  Workloads workloads;
  for (const auto& [name, resource] : dataplanes) {
    const std::string workload(label_value(resource->labels, kWorkload));
    if (!is_service_name(workload)) continue;
    DataplaneViewPtr view = view_dataplane(resource);
    if (view != nullptr && view->networking().inbound_size() > 0) workloads[workload].push_back(std::move(view));
  }
  for (auto& [workload, views] : workloads) {
    // The table is sorted by name already.
    std::stable_sort(views.begin(), views.end(),
                     [](const auto& a, const auto& b) { return a->resource->created < b->resource->created; });
  }
  return workloads;
}

Port port_of(const Inbound& inbound) {
  Port port;
  port.set_name(inbound.name().empty() ? cat(inbound.port()) : inbound.name());
  port.set_port(inbound.port());
  port.mutable_target_port()->set_number(inbound.port());
  port.set_app_protocol(inbound.protocol().empty() ? "tcp" : lower(inbound.protocol()));
  return port;
}

bool equal(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

// One definition for each port: the one that holds already while anybody still supports it, else the oldest
// dataplane's.
std::vector<Port> ports_of(const std::vector<DataplaneViewPtr>& dataplanes, const v1::MeshService& existing) {
  std::map<uint32_t, std::vector<Port>> proposed;
  for (const DataplaneViewPtr& dataplane : dataplanes) {
    for (const Inbound& inbound : dataplane->networking().inbound())
      proposed[inbound.port()].push_back(port_of(inbound));
  }
  std::vector<Port> ports;
  for (const auto& [number, proposals] : proposed) {
    const Port* chosen = &proposals.front();
    for (const Port& held : existing.ports()) {
      if (held.port() != number) continue;
      const auto supporter =
          std::find_if(proposals.begin(), proposals.end(), [&](const Port& p) { return equal(p, held); });
      if (supporter != proposals.end()) chosen = &*supporter;
    }
    ports.push_back(*chosen);
  }
  return ports;
}

Labels generated_labels(const std::string& mesh, const std::string& workload, const GenerateOptions& options,
                        Labels labels) {
  labels.erase(kGracePeriod);
  labels["kuma.io/mesh"] = mesh;
  labels["kuma.io/display-name"] = workload;
  labels[kManagedBy] = kOwnName;
  labels["kuma.io/env"] = "universal";
  labels["kuma.io/origin"] = "zone";
  if (!options.zone.empty()) labels["kuma.io/zone"] = options.zone;
  return labels;
}

Write put(ResourceKey key, Labels labels, std::shared_ptr<const v1::MeshService> spec, const ResourcePtr& existing) {
  auto resource = std::make_shared<Resource>();
  resource->key = key;
  resource->labels = std::move(labels);
  resource->spec = std::move(spec);
  if (existing != nullptr) resource->status = existing->status;
  return {Write::Kind::kPut, std::move(key), std::move(resource), existing == nullptr ? 0 : existing->revision};
}

// Nothing when the stored service is right already, or is not ours.
std::optional<Write> want(const std::string& mesh, const std::string& workload,
                          const std::vector<DataplaneViewPtr>& dataplanes, const ResourcePtr& existing,
                          const GenerateOptions& options) {
  if (existing != nullptr && label_value(existing->labels, kManagedBy) != kOwnName) return std::nullopt;
  const ServiceViewPtr held = existing == nullptr ? nullptr : view_service(existing);
  auto spec = std::make_shared<v1::MeshService>(held == nullptr ? v1::MeshService() : *held->spec);
  if (held == nullptr) spec->set_state("Unavailable");
  spec->mutable_selector()->Clear();
  (*spec->mutable_selector()->mutable_dataplane_labels()->mutable_match_labels())[kWorkload] = workload;
  const std::vector<Port> ports = ports_of(dataplanes, held == nullptr ? v1::MeshService() : *held->spec);
  spec->mutable_ports()->Assign(ports.begin(), ports.end());
  Labels labels = generated_labels(mesh, workload, options, existing == nullptr ? Labels() : existing->labels);
  if (held != nullptr && labels == existing->labels && equal(*spec, *held->spec)) return std::nullopt;
  return put({"MeshService", mesh, workload}, std::move(labels), std::move(spec), existing);
}

// A service whose dataplanes are all gone: marked first, deleted when they stay away.
std::optional<Write> retire(const ResourcePtr& existing, const GenerateOptions& options, Time now) {
  const std::optional<Time> since = parse_rfc3339(std::string(label_value(existing->labels, kGracePeriod)));
  if (since && now - *since < options.deletion_grace_period) return std::nullopt;
  if (since) return Write{Write::Kind::kDelete, existing->key, nullptr, existing->revision};
  const ServiceViewPtr held = view_service(existing);
  if (held == nullptr) return std::nullopt;
  Labels labels = existing->labels;
  labels[kGracePeriod] = rfc3339(now);
  return put(existing->key, std::move(labels), std::make_shared<const v1::MeshService>(*held->spec), existing);
}

}  // namespace

std::vector<Write> generate_mesh_services(const World& world, const GenerateOptions& options, Time now) {
  std::vector<Write> writes;
  const auto add = [&](std::optional<Write> write) {
    if (write) writes.push_back(std::move(*write));
  };
  for (const std::string& mesh : world.meshes()) {
    const auto services = world.table("MeshService", mesh);
    const Workloads workloads = workloads_of(*world.table("Dataplane", mesh));
    for (const auto& [workload, dataplanes] : workloads) {
      const auto existing = services->find(workload);
      add(want(mesh, workload, dataplanes, existing == services->end() ? nullptr : existing->second, options));
    }
    for (const auto& [name, service] : *services) {
      if (label_value(service->labels, kManagedBy) != kOwnName || workloads.contains(name)) continue;
      add(retire(service, options, now));
    }
  }
  return writes;
}

}  // namespace weft::cp
