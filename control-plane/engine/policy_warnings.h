// Policies that cannot do what they say are told so: what a write answers with, and what inspecting a proxy shows.
// Pure, any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "control-plane/store/world.h"
#include "policies/policy_resource.h"

namespace weft::cp {

// Sentences about `policy` as if it were stored in `world`: no proxy acts on its kind, it selects no proxy, names
// something that is not there, needs an identity or a port that speaks HTTP, a rule is never reached, a value is
// overridden. Of a MeshIdentity: no policy lets anybody talk to those who get it. Empty for other resources.
std::vector<std::string> policy_warnings(const World& world, const Resource& policy);

// The same about those of `policies` (of one kind, for `dataplane`, in any order), as far as this one proxy goes; each
// sentence starts with the name of its policy.
std::vector<std::string> proxy_warnings(const World& world, const ResourcePtr& dataplane,
                                        std::span<const PolicyPtr> policies);

}  // namespace weft::cp
