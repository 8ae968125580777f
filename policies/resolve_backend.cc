#include "policies/resolve_backend.h"

#include <vector>

namespace weft {
namespace {

// The number of a port with a name will do here.
const TargetResource::Port* find_port(const TargetResource& service, const std::string& section) {
  if (section.empty() || service.type == "MeshExternalService")
    return service.ports.size() == 1 ? &service.ports[0] : nullptr;
  for (const TargetResource::Port& port : service.ports) {
    if (port.name == section || std::to_string(port.number) == section) return &port;
  }
  return nullptr;
}

bool is_service(const std::string& kind) {
  return kind == "MeshService" || kind == "MeshExternalService" || kind == "MeshMultiZoneService";
}

}  // namespace

std::optional<ResolvedBackend> resolve_backend(const v1::BackendRef& ref, const PolicyMeta& route, FindTargets find) {
  if (!is_service(ref.kind()) || ref.labels().empty()) return std::nullopt;
  const std::string name_key(label::kDisplayName);
  const std::string namespace_key(label::kNamespace);
  v1::TargetRef wanted;
  wanted.set_kind(ref.kind());
  *wanted.mutable_labels() = ref.labels();
  if (ref.labels().contains(name_key) && !ref.labels().contains(namespace_key) && !route.name_space.empty())
    (*wanted.mutable_labels())[namespace_key] = route.name_space;
  const std::vector<const TargetResource*> candidates = find(wanted);
  if (candidates.empty()) return std::nullopt;
  std::string section = ref.section_name();
  if (section.empty() && ref.has_port()) section = std::to_string(ref.port());
  const TargetResource::Port* port = find_port(*candidates.front(), section);
  if (port == nullptr) return std::nullopt;
  return ResolvedBackend{candidates.front(), port->section()};
}

}  // namespace weft
