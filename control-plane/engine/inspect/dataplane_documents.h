// The documents the API shows of one dataplane, as JSON text. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/engine/effective_rules.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// What the proxy listens on, where it sends, who it is. `dataplane` is a Dataplane of `world`.
std::string layout_document(const World& world, const Resource& dataplane);

// Every policy that is for it, kind by kind: per destination, per inbound, per proxy.
std::string rules_document(const EffectiveRules& rules);

// What they cannot do there, kind by kind: {rules: [{type, warnings}]}. Apart from the rules, whose document is the
// contract's and has no room for it.
std::string warnings_document(const World& world, const EffectiveRules& rules);

// The kinds with one conf for the whole proxy.
std::string proxy_policies_document(const EffectiveRules& rules);

// At one place, named by its KRI; `world` is what the rules were computed from. Errors: invalid (no KRI), not_found
// (the dataplane has no such inbound). A destination that does not exist has what holds for the whole mesh.
Result<std::string> inbound_policies_document(const EffectiveRules& rules, std::string_view inbound);
Result<std::string> outbound_policies_document(const World& world, const EffectiveRules& rules,
                                               std::string_view outbound);
Result<std::string> outbound_routes_document(const World& world, const EffectiveRules& rules,
                                             std::string_view outbound);
Result<std::string> route_policies_document(const World& world, const EffectiveRules& rules, std::string_view outbound,
                                            std::string_view route);

// The older list: the policies themselves, by kind.
std::string matched_policies_document(const World& world, const EffectiveRules& rules);

}  // namespace weft::cp
