#include "policies/mesh_trace/mesh_trace.h"

#include "policies/mesh_trace/validate.h"

namespace weft {

PolicyKind mesh_trace_kind() { return {.name = "MeshTrace", .validate = mesh_trace::validate}; }

}  // namespace weft
