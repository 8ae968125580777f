// What policies say about traffic that leaves a proxy: to-items resolved to the resources they name, merged per
// resource and port. Pure functions over TargetResources; the control plane asks for one destination, the inspect API
// for all.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

#include "policies/effective_conf.h"
#include "policies/order.h"

namespace weft {

// What a to-item can name: a service, a route, or the mesh itself.
struct TargetResource {
  struct Port {
    uint32_t number = 0;
    std::string name;  // may be empty
    // How policies call it: its name, or its number when it has none.
    std::string section() const { return name.empty() ? std::to_string(number) : name; }
  };
  std::string type;  // "MeshService"
  std::string mesh;  // a Mesh: its own name
  std::string name;
  std::string kri;  // without a section: ends with '_'
  Labels labels;
  std::vector<Port> ports;
};

// The resources that are visible.
struct TargetReader {
  // Null: the Mesh itself is not visible, so nothing can name it.
  const TargetResource* mesh = nullptr;
  std::vector<const TargetResource*> resources;
};

// Does the to-item name this resource (and, with a section, one of its ports)?
bool names_resource(const v1::TargetRef& ref, const TargetResource& resource);

// Those of `entries` (sorted) that matter to `section` of `resource`, in merge order. `mesh_visible`: the Mesh is in
// the reader.
std::vector<ToEntry> relevant_entries(std::span<const ToEntry> entries, const TargetResource& resource,
                                      std::string_view section, bool mesh_visible);
EffectiveConf merge_entries(std::span<const ToEntry> entries);

// What holds for `section` of `resource`. This is the look-up of the exact rule, then the resource's, then the mesh's:
// each of them holds the weaker ones, so one merge gives the same.
inline EffectiveConf effective_to_conf(std::span<const ToEntry> entries, const TargetResource& resource,
                                       std::string_view section, bool mesh_visible) {
  return merge_entries(relevant_entries(entries, resource, section, mesh_visible));
}

// The rules of every resource and section that some entry names.
struct ToRule {
  const TargetResource* resource = nullptr;
  std::string section;
  EffectiveConf effective;
  // Of kinds whose conf is a list of rules: which item each rule comes from, by the hash of its matches.
  std::map<std::string, ConfOrigin> origin_by_matches;
};
// By KRI with section.
using ToRules = std::map<std::string, ToRule, std::less<>>;

// The resources that a to-item (of another kind than Mesh) names.
using FindTargets = absl::FunctionRef<std::vector<const TargetResource*>(const v1::TargetRef&)>;

// `entries` sorted; `mesh` null when the Mesh is not visible. The targets must outlive the rules.
ToRules to_rules(std::span<const ToEntry> entries, const TargetResource* mesh, FindTargets find);
ToRules to_rules(std::span<const ToEntry> entries, const TargetReader& reader);

// The exact rule, else that of the whole resource (`kri` without a section), else the mesh's; null when nothing was
// said. `mesh_kri` is empty when the Mesh is not visible.
const ToRule* find_to_rule(const ToRules& rules, std::string_view kri, std::string_view section,
                           std::string_view mesh_kri);
// For a request that a rule of the MeshHTTPRoute `route_kri` sent to a service: what is said of the route is used
// whole, and only where nothing is said of it what is said of the service.
const ToRule* find_route_rule(const ToRules& rules, std::string_view route_kri, std::string_view kri,
                              std::string_view section, std::string_view mesh_kri);

}  // namespace weft
