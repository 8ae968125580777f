// What a policy needs to have an effect and does not find: identities, ports that speak HTTP. Which policies need what
// is said by their schemas. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "control-plane/engine/policy_reach.h"

namespace weft::cp {

// One sentence for what is about workloads with an identity where none of those the policy is for has one.
void add_identity_warnings(const Reach& reach, const PolicyResource& policy, std::vector<std::string>& out);
// Of a MeshIdentity in a mesh where no policy lets anybody talk to those who get it; empty for other resources.
std::vector<std::string> identity_warnings(const World& world, const Resource& identity);
// One sentence for each part of the policy that is about requests where every port speaks something else.
void add_http_warnings(const Reach& reach, const PolicyResource& policy, std::vector<std::string>& out);

}  // namespace weft::cp
