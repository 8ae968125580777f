// The answer of /meshes/{mesh}/dataplanes/{name}/_effective as tables. Pure functions.
#pragma once

#include <string>

#include "base/document/document.h"

namespace weft::ctl {

struct RulesFilter {
  std::string kind;  // as typed; empty: all
  std::string to;    // a destination's name; empty: all places
};

// Place by place: every field, its value, and the policy that gave it.
std::string rules_text(const Node& effective, const RulesFilter& filter);
// Policy by policy: where it applies and which of its fields hold there.
std::string policies_text(const Node& effective, const RulesFilter& filter);

}  // namespace weft::ctl
