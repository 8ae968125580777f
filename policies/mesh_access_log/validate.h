// Semantic checks of a MeshAccessLog. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_access_log {

// `spec` is a v1::MeshAccessLog.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_access_log
