// Semantic checks of a MeshMetric. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_metric {

// `spec` is a v1::MeshMetric.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_metric
