// Semantic checks of a MeshRetry. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_retry {

// `spec` is a v1::MeshRetry.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_retry
