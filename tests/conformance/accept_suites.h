// The driver of the suites of documents that a control plane has to accept, schema and meaning; what it makes of them
// is not compared.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

// A case with a `kind` ("MeshTLS spec") holds the spec alone.
std::vector<CaseReport> run_accept(const std::filesystem::path& folder);

}  // namespace weft::conformance
