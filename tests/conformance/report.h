// The report: one line a suite, then what failed and why, then the sum. Pure functions over what the suites gave, the
// cases that differ on purpose (a table in docs/differences.md) and the recorded floors.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

// A case that gives something else on purpose.
struct OnPurpose {
  std::string suite;
  std::string id;  // "*" at the end: every id that starts so
  std::string reason;
};
// The rows `| suite | case | reason |` of a Markdown text whose first column is one of ours ("policy/from_rules"),
// under whatever heading.
std::vector<OnPurpose> differences_in(std::string_view markdown);

struct SuiteResult {
  std::string name;
  std::vector<CaseReport> cases;
};

struct Report {
  std::string text;
  size_t passed = 0;
  size_t failed = 0;
  // For each suite, how many passed.
  std::map<std::string, size_t> passed_of;
};
// A case that differs on purpose is no failure; where it passes all the same it counts as passed.
Report make_report(const std::vector<SuiteResult>& results, const std::vector<OnPurpose>& on_purpose);

// "policy/from_rules 3" a line; '#' starts a comment.
std::map<std::string, size_t> parse_floors(std::string_view text);
std::string print_floors(const std::map<std::string, size_t>& floors);
// One sentence for each suite of `passed` that is under its floor.
std::string under_floor(const std::map<std::string, size_t>& floors, const std::map<std::string, size_t>& passed);

}  // namespace weft::conformance
