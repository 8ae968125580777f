// The effective rules of a proxy as a flat list: one conf for each kind and place, with the policy that gave each
// field. What `weftctl inspect rules` and `weftctl diff` are made of. Pure functions; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/effective_rules.h"
#include "policies/provenance.h"

namespace weft::cp {

enum class Side { kProxy, kInbound, kOutbound };
std::string_view side_name(Side side);  // "proxy", "inbound", "outbound"

struct PlacedConf {
  std::string_view kind;  // "MeshTimeout"
  Side side = Side::kProxy;
  // The destination's KRI with section, the inbound's, the Dataplane's own.
  std::string place;
  // What stands there: "MeshService" "backend" "http"; the mesh stands for every destination that is not listed.
  std::string type, name, section;
  // Inbound: for whom the rule is, as JSON; empty: every caller that no other rule names.
  std::string match;
  // Null: policies apply, and say nothing.
  std::shared_ptr<const google::protobuf::Message> conf;
  std::vector<ConfOrigin> origins;  // in merge order, the last wins
  std::vector<FieldOrigin> fields;  // by name; `conf` counts in `origins`
};

// By kind in the order of policy_kinds(), then proxy, inbounds, outbounds by KRI.
std::vector<PlacedConf> placed_confs(const EffectiveRules& rules);

}  // namespace weft::cp
