#include "control-plane/resource/kri.h"

#include <algorithm>

#include "base/text.h"
#include "control-plane/resource/labels.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_multi_zone_service.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;

std::string_view label(const Resource& resource, std::string_view key) {
  const auto found = resource.labels.find(std::string(key));
  return found == resource.labels.end() ? std::string_view() : std::string_view(found->second);
}

// What only the global control plane owns belongs to no zone, whatever its labels say.
std::string_view zone_of(const Kind& kind, const Resource& resource) {
  return kind.rules.global_only() ? std::string_view() : label(resource, kZoneLabel);
}

bool agree(std::string_view a, std::string_view b) { return a.empty() || b.empty() || a == b; }

// Number and name of each port of a service of any kind.
std::vector<std::pair<uint32_t, std::string_view>> ports_of(const google::protobuf::Message& spec) {
  std::vector<std::pair<uint32_t, std::string_view>> ports;
  if (const auto* service = DynamicCastToGenerated<const v1::MeshService>(&spec)) {
    for (const auto& port : service->ports()) ports.emplace_back(port.port(), port.name());
  } else if (const auto* zones = DynamicCastToGenerated<const v1::MeshMultiZoneService>(&spec)) {
    for (const auto& port : zones->ports()) ports.emplace_back(port.port(), port.name());
  } else if (const auto* external = DynamicCastToGenerated<const v1::MeshExternalService>(&spec)) {
    ports.emplace_back(static_cast<uint32_t>(external->match().port()), std::string_view());
  }
  return ports;
}

}  // namespace

std::string_view Resource::display_name() const {
  const std::string_view display = label(*this, kDisplayNameLabel);
  return display.empty() ? std::string_view(key.name) : display;
}

std::string kri(const Resource& resource, std::string_view section) {
  const Kind* kind = find_kind(resource.key.type);
  if (kind == nullptr || kind->rules.short_name().empty()) return {};
  return cat("kri_", kind->rules.short_name(), "_", resource.key.mesh, "_", zone_of(*kind, resource), "_",
             label(resource, kNamespaceLabel), "_", resource.display_name(), "_", section);
}

Result<Kri> parse_kri(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '_');
  if (parts.size() < 7) return invalid(cat("invalid identifier string: \"", text, "\""));
  if (parts[0] != "kri") return invalid(cat("identifier must start with 'kri': \"", text, "\""));
  Kri out;
  out.kind = find_kind_by_short_name(parts[1]);
  if (out.kind == nullptr) return invalid(cat("unknown short name of resource type: \"", parts[1], "\""));
  out.mesh = parts[2];
  out.zone = parts[3];
  out.name_space = parts[4];
  out.name = parts[5];
  // A section may hold underscores ("rule_0"); nothing before it does.
  out.section = text.substr(static_cast<size_t>(parts[6].data() - text.data()));
  return out;
}

bool names(const Kri& kri, const Resource& resource) {
  return kri.kind->type() == resource.key.type && kri.mesh == resource.key.mesh &&
         kri.name == resource.display_name() && agree(kri.zone, label(resource, kZoneLabel)) &&
         agree(kri.name_space, label(resource, kNamespaceLabel));
}

std::string sni(const Resource& resource, std::string_view section) {
  const Kind* kind = find_kind(resource.key.type);
  const std::string_view zone = zone_of(*kind, resource);
  const std::string_view name_space = label(resource, kNamespaceLabel);
  std::string name = cat("sni.", kind->rules.short_name(), ".", resource.key.mesh, ".");
  if (!zone.empty()) append(name, zone, ".");
  if (!zone.empty() && !name_space.empty()) append(name, name_space, ".");
  append(name, resource.display_name(), ".", section);
  return name;
}

std::vector<std::pair<uint32_t, std::string>> snis(const Resource& resource) {
  std::vector<std::pair<uint32_t, std::string>> all;
  for (const auto& [port, name] : ports_of(*resource.spec)) {
    all.emplace_back(port, sni(resource, name.empty() ? cat(port) : std::string(name)));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return all;
}

}  // namespace weft::cp
