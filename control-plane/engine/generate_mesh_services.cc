#include "control-plane/engine/generate_mesh_services.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/text.h"
#include "control-plane/engine/propagated_labels.h"
#include "control-plane/resource/labels.h"
#include "policies/policy_resource.h"

namespace weft::cp {
namespace {

using Inbound = v1::Dataplane::Networking::Inbound;
using Port = v1::MeshService::Port;

constexpr std::string_view kOwnName = "meshservice-generator";

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

bool is_own(const MeshServiceDraft& draft) { return label_value(draft.labels, kManagedByLabel) == kOwnName; }

Port port_of(const Inbound& inbound) {
  Port port;
  port.set_name(inbound.name().empty() ? cat(inbound.port()) : inbound.name());
  port.set_port(inbound.port());
  port.mutable_target_port()->set_number(inbound.port());
  port.set_app_protocol(inbound.protocol().empty() ? "tcp" : lower(inbound.protocol()));
  return port;
}

// One definition for each port: the one that holds already while anybody still supports it, else the oldest
// dataplane's.
std::vector<Port> ports_of(const std::vector<InstancePtr>& instances, const v1::MeshService& existing) {
  std::map<uint32_t, std::vector<Port>> proposed;
  for (const InstancePtr& instance : instances) {
    for (const Inbound& inbound : instance->networking().inbound())
      proposed[inbound.port()].push_back(port_of(inbound));
  }
  std::vector<Port> ports;
  for (const auto& [number, proposals] : proposed) {
    const Port* chosen = &proposals.front();
    for (const Port& held : existing.ports()) {
      if (held.port() != number) continue;
      const auto supporter =
          std::find_if(proposals.begin(), proposals.end(), [&](const Port& p) { return is_equal(p, held); });
      if (supporter != proposals.end()) chosen = &*supporter;
    }
    ports.push_back(*chosen);
  }
  return ports;
}

void set_labels(const std::string& mesh, const std::string& workload, const std::vector<InstancePtr>& instances,
                const GenerateOptions& options, Labels& labels) {
  labels.erase(std::string(kDeletionGraceLabel));
  propagate_labels(instances, options.propagate_labels ? &options.propagated_keys : nullptr, labels);
  labels[std::string(kMeshLabel)] = mesh;
  labels[std::string(kDisplayNameLabel)] = workload;
  labels[std::string(kManagedByLabel)] = kOwnName;
  labels[std::string(kEnvLabel)] = "universal";
  labels[std::string(kOriginLabel)] = "zone";
  if (!options.zone.empty()) labels[std::string(kZoneLabel)] = options.zone;
}

void bring_in_line(const std::string& mesh, const std::string& workload, const std::vector<InstancePtr>& instances,
                   const GenerateOptions& options, MeshServiceDraft& draft) {
  const std::vector<Port> ports = ports_of(instances, draft.spec);
  draft.spec.mutable_ports()->Assign(ports.begin(), ports.end());
  v1::MeshService::Selector& selector = *draft.spec.mutable_selector();
  selector.Clear();
  (*selector.mutable_dataplane_labels()->mutable_match_labels())[std::string(kWorkloadLabel)] = workload;
  set_labels(mesh, workload, instances, options, draft.labels);
}

// A service whose dataplanes are all gone: marked first, deleted when they stay away. Returns when that will be.
std::optional<Time> retire(const GenerateOptions& options, Time now, MeshServiceDraft& draft) {
  std::string& mark = draft.labels[std::string(kDeletionGraceLabel)];
  std::optional<Time> since = parse_rfc3339(mark);
  if (!since) {
    mark = rfc3339(now);
    since = now;
  }
  const Time end = *since + options.deletion_grace_period;
  if (now < end) return end;
  draft.unwanted = true;
  return std::nullopt;
}

}  // namespace

std::optional<Time> generate_mesh_services(const std::string& mesh,
                                           const std::map<std::string, std::vector<InstancePtr>>& workloads,
                                           const GenerateOptions& options, Time now, MeshServiceDrafts& drafts) {
  std::map<std::string, std::vector<InstancePtr>> serving;
  for (const auto& [workload, instances] : workloads) {
    for (const InstancePtr& instance : instances) {
      if (instance->networking().inbound_size() > 0) serving[workload].push_back(instance);
    }
  }
  for (const auto& [workload, instances] : serving) {
    const auto [draft, is_new] = drafts.try_emplace(workload);
    if (is_new) {
      draft->second.key = {"MeshService", mesh, workload};
      draft->second.spec.set_state("Unavailable");
    } else if (!is_own(draft->second)) {
      continue;
    }
    bring_in_line(mesh, workload, instances, options, draft->second);
  }
  std::optional<Time> next;
  for (auto& [name, draft] : drafts) {
    if (!is_own(draft) || serving.contains(name)) continue;
    const std::optional<Time> end = retire(options, now, draft);
    if (end && (!next || *end < *next)) next = end;
  }
  return next;
}

}  // namespace weft::cp
