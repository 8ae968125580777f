// MeshTrace: which requests are traced, and where the spans go. Pure; see README.md.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_trace_kind();

}  // namespace weft
