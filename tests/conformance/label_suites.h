// The driver of the suites about labels on write: a document is sent to a control plane of the case's mode, and the
// answer is compared as HTTP text. What is asked of Kubernetes is left out.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

std::vector<CaseReport> run_labels(const std::filesystem::path& folder);

}  // namespace weft::conformance
