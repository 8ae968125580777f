// Runs a suite in a process of its own: a driver that crashes, hangs or leaks fails its own suite only. One thread; the
// caller must have no other threads.
#pragma once

#include <string_view>
#include <vector>

#include "tests/conformance/catalog.h"
#include "tests/conformance/suite.h"

namespace weft::conformance {

// The reports of each entry, in that order. An entry that nothing runs, or whose process ended before it was through,
// has every case failed with the reason. At most `jobs` run at a time.
using FindSuite = const Suite* (*)(std::string_view name);
std::vector<std::vector<CaseReport>> run_all(const std::vector<CatalogEntry>& entries, int jobs, FindSuite find);

}  // namespace weft::conformance
