// Semantic checks of a MeshTLS. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_tls {

// `spec` is a v1::MeshTLS.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_tls
