// Semantic checks of a MeshRateLimit. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_rate_limit {

// `spec` is a v1::MeshRateLimit.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_rate_limit
