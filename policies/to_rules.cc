#include "policies/to_rules.h"

#include <algorithm>

#include "base/text.h"

namespace weft {
namespace {

constexpr std::string_view kMesh = "Mesh";

bool ignores_section(const TargetResource& resource) {
  return resource.type == "MeshHTTPRoute" || resource.type == "MeshExternalService";
}

// An entry resolved to `target` and `section` matters to what is said about `key` and `key_section`.
bool is_relevant(const v1::TargetRef& ref, const TargetResource& key, std::string_view key_section, bool mesh_visible) {
  if (ref.kind() == kMesh) return mesh_visible;
  if (ref.kind() != key.type || !names_resource(ref, key)) return false;
  if (ignores_section(key)) return true;
  return ref.section_name() == key_section || ref.section_name().empty();
}

}  // namespace

bool names_resource(const v1::TargetRef& ref, const TargetResource& resource) {
  if (ref.kind() == kMesh) return resource.type == kMesh;
  if (ref.kind() != resource.type || ref.labels().empty() || !has_labels(resource.labels, ref.labels())) return false;
  if (ref.section_name().empty() || resource.type == "MeshHTTPRoute") return true;
  return std::any_of(resource.ports.begin(), resource.ports.end(),
                     [&](const TargetResource::Port& port) { return port.section() == ref.section_name(); });
}

std::vector<ToEntry> relevant_entries(std::span<const ToEntry> entries, const TargetResource& resource,
                                      std::string_view section, bool mesh_visible) {
  std::vector<ToEntry> relevant;
  for (const ToEntry& entry : entries) {
    if (is_relevant(entry.target(), resource, section, mesh_visible)) relevant.push_back(entry);
  }
  return relevant;
}

EffectiveConf merge_entries(std::span<const ToEntry> entries) {
  ConfMerger merger;
  for (const ToEntry& entry : entries) merger.add({entry.policy, entry.index}, entry.conf());
  return merger.take();
}

ToRules to_rules(std::span<const ToEntry> entries, const TargetReader& reader) {
  ToRules rules;
  const auto add = [&](const TargetResource& resource, const std::string& section) {
    const auto [at, added] = rules.try_emplace(cat(resource.kri, section));
    if (added) at->second = {&resource, section, effective_to_conf(entries, resource, section, reader.mesh != nullptr)};
  };
  for (const ToEntry& entry : entries) {
    const v1::TargetRef& ref = entry.target();
    if (ref.kind() == kMesh) {
      if (reader.mesh != nullptr) add(*reader.mesh, "");
      continue;
    }
    for (const TargetResource* resource : reader.resources) {
      if (!names_resource(ref, *resource)) continue;
      add(*resource, ignores_section(*resource) ? std::string() : ref.section_name());
    }
  }
  return rules;
}

const ToRule* find_to_rule(const ToRules& rules, const TargetResource& resource, std::string_view section,
                           const TargetReader& reader) {
  const auto find = [&](const std::string& kri) -> const ToRule* {
    const auto found = rules.find(kri);
    return found == rules.end() ? nullptr : &found->second;
  };
  if (const ToRule* exact = find(cat(resource.kri, section))) return exact;
  if (const ToRule* whole = find(resource.kri)) return whole;
  return reader.mesh == nullptr ? nullptr : find(reader.mesh->kri);
}

}  // namespace weft
