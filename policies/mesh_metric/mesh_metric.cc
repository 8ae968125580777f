#include "policies/mesh_metric/mesh_metric.h"

#include "policies/mesh_metric/validate.h"

namespace weft {

PolicyKind mesh_metric_kind() { return {.name = "MeshMetric", .validate = mesh_metric::validate}; }

}  // namespace weft
