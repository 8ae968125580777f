// Drivers for the golden data about the command line: weftctl runs as a process, against a server that keeps what it is
// sent. What it prints, and what is stored, must be what the case says.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

// apply, get, inspect.
std::vector<CaseReport> run_commands(const std::filesystem::path& folder);
// Commands that change the configuration file.
std::vector<CaseReport> run_config_commands(const std::filesystem::path& folder);

}  // namespace weft::conformance
