// In which order kinds are listed. Pure functions; any thread.
#pragma once

#include <vector>

#include "control-plane/engine/effective_rules.h"

namespace weft::cp {

// By name, as everything at once is listed.
std::vector<const KindRules*> by_name(const EffectiveRules& rules);

// In the order in which the reference applies kinds to a proxy: how they are listed for one place. A kind that is not
// in its list comes last.
std::vector<const KindRules*> by_application(const EffectiveRules& rules);

}  // namespace weft::cp
