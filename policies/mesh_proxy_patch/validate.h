// Semantic checks of a MeshProxyPatch. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_proxy_patch {

// `spec` is a v1::MeshProxyPatch.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_proxy_patch
