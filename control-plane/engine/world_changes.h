// What a change of resources means for every proxy, computed on two Worlds, one with the change and one without: which
// effective rules differ, field by field, and which compiled units. What `weftctl diff` shows. Pure functions; any
// thread; takes as long as compiling every proxy of the mesh.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/placed_confs.h"
#include "control-plane/store/world.h"

namespace weft::cp {

struct FieldChange {
  std::string path;           // in the kind's conf
  std::string before, after;  // JSON; empty: nothing
  // KRI of the policy that gives the new value, or gave the one that is gone.
  std::string policy;
};

struct RuleChange {
  std::string kind;
  Side side = Side::kProxy;
  std::string place, type, name, section, match;  // as in PlacedConf
  std::vector<FieldChange> fields;
};

struct UnitChange {
  std::string what;  // "listeners", "destination", "endpoints"
  std::string name;
  std::string change;  // "created", "changed", "removed"
};

struct ProxyChange {
  std::string mesh, name;
  std::string change;  // of the proxy itself: "created", "changed" (what it gets), "removed"
  std::vector<RuleChange> rules;
  std::vector<UnitChange> units;
};

// `changed`: every resource that is not the same in both. Sorted by mesh and name; proxies that nothing changes for are
// left out.
std::vector<ProxyChange> world_changes(const World& before, const World& after, std::span<const ResourceKey> changed);

// The same as the JSON text of a list.
std::string changes_document(const std::vector<ProxyChange>& changes);

}  // namespace weft::cp
