// Driver of validation/*: which specs are refused, and at which fields. Asks the decoder and the kind's own checks.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

// `file` holds the cases of one policy kind.
std::vector<CaseReport> run_validation(const std::filesystem::path& file);

}  // namespace weft::conformance
