// Driver of policy/context_hash: which writes must, and which must not, make the control plane look at a mesh again.
// Here that is whether a table of the World that the mesh is computed from is another one afterwards.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

std::vector<CaseReport> run_context_hash(const std::filesystem::path& folder);

}  // namespace weft::conformance
