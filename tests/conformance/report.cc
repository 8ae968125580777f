#include "tests/conformance/report.h"

#include "base/text.h"

namespace weft::conformance {
namespace {

const OnPurpose* find_reason(const std::vector<OnPurpose>& all, const std::string& suite, const std::string& id) {
  for (const OnPurpose& one : all) {
    if (one.suite != suite) continue;
    const std::string_view pattern = one.id;
    if (pattern.ends_with('*') ? id.starts_with(pattern.substr(0, pattern.size() - 1)) : id == pattern) return &one;
  }
  return nullptr;
}

std::string indented(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string out;
  for (const std::string_view line : split(text, '\n')) append(out, "    ", line, "\n");
  return out;
}

std::string_view cell(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '`' && text.back() == '`') text = text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

std::vector<OnPurpose> differences_in(std::string_view markdown) {
  std::vector<OnPurpose> out;
  for (const std::string_view line : split(markdown, '\n')) {
    const auto cells = split(trim(line), '|');
    if (cells.size() != 5 || cell(cells[1]).find('/') == std::string_view::npos) continue;
    out.push_back({std::string(cell(cells[1])), std::string(cell(cells[2])), std::string(cell(cells[3]))});
  }
  return out;
}

Report make_report(const std::vector<SuiteResult>& results, const std::vector<OnPurpose>& on_purpose) {
  Report report;
  std::string failures;
  std::string named;
  for (const SuiteResult& suite : results) {
    size_t passed = 0;
    size_t different = 0;
    for (const CaseReport& one : suite.cases) {
      const OnPurpose* why = one.passed ? nullptr : find_reason(on_purpose, suite.name, one.id);
      if (one.passed) {
        ++passed;
      } else if (why != nullptr) {
        ++different;
        append(named, "different on purpose: ", suite.name, " ", one.id, ": ", why->reason, "\n");
      } else {
        append(failures, "FAILED ", suite.name, " ", one.id, "\n", indented(one.difference));
      }
    }
    append(report.text, suite.name, " ", passed, "/", suite.cases.size());
    if (different > 0) append(report.text, ", ", different, " different on purpose");
    report.text += '\n';
    report.passed += passed;
    report.failed += suite.cases.size() - passed - different;
    report.passed_of[suite.name] = passed;
  }
  if (!named.empty()) append(report.text, "\n", named);
  if (!failures.empty()) append(report.text, "\n", failures);
  append(report.text, "\n", report.passed, " passed, ", report.failed, " failed\n");
  return report;
}

std::map<std::string, size_t> parse_floors(std::string_view text) {
  std::map<std::string, size_t> out;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line.substr(0, line.find('#')));
    const size_t space = line.rfind(' ');
    size_t floor = 0;
    if (space == std::string_view::npos || !parse_number(line.substr(space + 1), floor)) continue;
    out[std::string(trim(line.substr(0, space)))] = floor;
  }
  return out;
}

std::string print_floors(const std::map<std::string, size_t>& floors) {
  std::string out = "# What each suite passed once; fewer is a failure. tools/dev conformance --write raises these.\n";
  for (const auto& [suite, floor] : floors) append(out, suite, " ", floor, "\n");
  return out;
}

std::string under_floor(const std::map<std::string, size_t>& floors, const std::map<std::string, size_t>& passed) {
  std::string out;
  for (const auto& [suite, count] : passed) {
    const auto floor = floors.find(suite);
    if (floor == floors.end() || count >= floor->second) continue;
    append(out, suite, " passed ", count, ", fewer than the ", floor->second, " recorded\n");
  }
  return out;
}

}  // namespace weft::conformance
