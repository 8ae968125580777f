// Suites in processes of their own: what happens to one does not happen to the others.
#include "tests/conformance/isolate.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace weft::conformance {
namespace {

const Suite* find_made_up(std::string_view name) {
  static const Suite passes{"passes", [](const std::filesystem::path& folder) {
                              return std::vector<CaseReport>{{"one", true, ""}, {"two", false, folder.string()}};
                            }};
  static const Suite ends{"ends", [](const std::filesystem::path&) -> std::vector<CaseReport> { std::_Exit(3); }};
  if (name == "passes") return &passes;
  return name == "ends" ? &ends : nullptr;
}

std::vector<CaseReport> run_one(const std::string& suite) {
  return run_all({{"passes", "folder", {"one", "two"}}, {suite, "folder", {"one", "two"}}}, 2, find_made_up).at(1);
}

TEST(Isolate, WhatASuiteReportsComesBack) {
  const auto reports = run_one("passes");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_TRUE(reports[0].passed);
  EXPECT_FALSE(reports[1].passed);
  EXPECT_EQ(reports[1].difference, "folder");
}

TEST(Isolate, ASuiteThatEndsEarlyFailsWithEveryCase) {
  const auto reports = run_one("ends");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_FALSE(reports[0].passed);
  EXPECT_EQ(reports[0].difference, "the driver of the suite exited with code 3 before it was through");
}

TEST(Isolate, WhatNobodyRunsFails) { EXPECT_EQ(run_one("unheard of").at(1).difference, "no driver yet"); }

TEST(Isolate, ACaseThatIsLeftOutFails) {
  const auto reports = run_all({{"passes", "folder", {"one", "two", "three"}}}, 1, find_made_up).at(0);
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_EQ(reports[2].id, "three");
  EXPECT_FALSE(reports[2].passed);
}

}  // namespace
}  // namespace weft::conformance
