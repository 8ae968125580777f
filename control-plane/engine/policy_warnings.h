// What a policy will do, said before it does it: the hints a write answers with. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "control-plane/store/world.h"

namespace weft::cp {

// Sentences about `policy` as if it were stored in `world`: no proxy acts on its kind, it selects no proxy, one of its
// `to` items names nothing.
// Empty for resources that are no policies.
std::vector<std::string> policy_warnings(const World& world, const Resource& policy);

}  // namespace weft::cp
