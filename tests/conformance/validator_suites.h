// The driver of the suites about one kind's spec by itself: no schema, no defaults, only what its fields mean together,
// every violation with its field and its sentence, in order.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

// The folder is named after the kind's argument on the command line ("meshidentity").
std::vector<CaseReport> run_validators(const std::filesystem::path& folder);

}  // namespace weft::conformance
