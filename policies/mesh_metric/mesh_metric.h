// MeshMetric: which metrics of a proxy and its application are shown, and where. Pure; see README.md.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_metric_kind();

}  // namespace weft
