// The driver of every suite that talks to a control plane's API: the case's resources are put into an empty store as
// they are written, a server of the case's mode answers its requests, and answers are compared with the recorded ones.
// Nothing runs beside the server: what it shows is a function of what was loaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

std::vector<CaseReport> run_api(const std::filesystem::path& folder);

// Of two JSON answers: times and addresses are made equal, warnings of ours do not count, nor do the sentences of
// libraries.
std::string difference_of_bodies(const std::string& golden, const std::string& body);

}  // namespace weft::conformance
