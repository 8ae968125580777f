// One suite of golden cases and the code that runs it. A driver holds no expectation: what a case must give comes from
// the files of its folder alone. Each suite runs in a process of its own, so a driver may crash without taking the
// report along. Plain data.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::conformance {

struct CaseReport {
  std::string id;
  bool passed = false;
  // Readable, one line a place: what was wanted, what came. Empty when it passed.
  std::string difference;
};

struct Suite {
  // A folder below the root that has a cases.yaml ("policy/from_rules"). With "/*" at the end: every file of that
  // folder is a suite, and `run` gets the file ("validation/*").
  std::string_view name;
  std::vector<CaseReport> (*run)(const std::filesystem::path& folder);
};

// Every suite that can be run, grouped by subject.
std::span<const Suite> suites();
// Null when nothing runs it.
const Suite* find_suite(std::string_view name);

}  // namespace weft::conformance
