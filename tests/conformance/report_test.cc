// The report itself: what is printed, what counts as a failure.
#include "tests/conformance/report.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/conformance/compare.h"

namespace weft::conformance {
namespace {

Node yaml(std::string_view text) {
  auto read = parse_yaml(text);
  EXPECT_TRUE(read.ok());
  return read->at(0);
}

TEST(Report, PrintsOneLineASuiteThenFailuresThenTheSum) {
  const Report made =
      make_report({{"a/b", {{"x", true, ""}, {"y", false, "one\ntwo\n"}}}, {"c/d", {{"z", true, ""}}}}, {});
  EXPECT_EQ(made.text, "a/b 1/2\nc/d 1/1\n\nFAILED a/b y\n    one\n    two\n\n2 passed, 1 failed\n");
}

TEST(Report, WhatDiffersOnPurposeIsNamedAndNoFailure) {
  const auto named = differences_in("text\n\n| suite | case | reason |\n|---|---|---|\n| `a/b` | `y*` | because |\n");
  ASSERT_EQ(named.size(), 1u);
  const Report made = make_report({{"a/b", {{"x", false, "?"}, {"yes", false, "?"}}}}, named);
  EXPECT_EQ(made.failed, 1u);
  EXPECT_EQ(made.passed, 0u);
  EXPECT_NE(made.text.find("a/b 0/2, 1 different on purpose\n"), std::string::npos);
  EXPECT_NE(made.text.find("different on purpose: a/b yes: because\n"), std::string::npos);
}

TEST(Report, ASuiteUnderItsFloorIsSaid) {
  const auto floors = parse_floors("# comment\na/b 3\nc/d 1 # so far\n");
  EXPECT_EQ(parse_floors(print_floors(floors)), floors);
  EXPECT_EQ(under_floor(floors, {{"a/b", 3}, {"e/f", 0}}), "");
  EXPECT_EQ(under_floor(floors, {{"a/b", 2}}), "a/b passed 2, fewer than the 3 recorded\n");
}

TEST(Compare, KeysMayStandInAnyOrderAndListsMayNot) {
  EXPECT_EQ(difference(yaml("{a: 1, b: [x, y]}"), yaml("{b: [x, y], a: 1}")), "");
  EXPECT_EQ(difference(yaml("{b: [x, y]}"), yaml("{b: [y, x]}")),
            "b[0]: wanted \"x\", got \"y\"\nb[1]: wanted \"y\", got \"x\"\n");
}

TEST(Compare, WhatIsMissingAndWhatIsTooMuchAreSaid) {
  EXPECT_EQ(difference(yaml("{a: {b: 1}}"), yaml("{a: {c: 2}}")),
            "a.b: wanted 1, got nothing\na.c: wanted nothing, got 2\n");
  EXPECT_EQ(difference(yaml("a: 1"), yaml("a: '1'")), "a: wanted 1, got \"1\"\n");
}

TEST(Compare, BothWaysToWriteMetadataAreRead) {
  const Node struct_form =
      yaml("{Name: n, Mesh: m, Labels: {a: b}, NameExtensions: null, Version: '', CreationTime: x}");
  const Node rest_form = yaml("{name: n, mesh: m, labels: {a: b}, creationTime: x, type: T, kri: k}");
  const Node got = yaml("{name: n, mesh: m, labels: {a: b}, type: T, kri: k}");
  EXPECT_EQ(difference_of_rules(struct_form, got), "");
  EXPECT_EQ(difference_of_rules(rest_form, got), "");
  EXPECT_NE(difference_of_rules(rest_form, yaml("{name: n, mesh: m, labels: {a: b}, type: T, kri: j}")), "");
  EXPECT_NE(difference_of_rules(struct_form, yaml("{name: n, mesh: m, type: T, kri: k}")), "");
}

TEST(Compare, TextsDifferLineByLine) {
  EXPECT_EQ(difference_of_text("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(difference_of_text("a\nb\n", "a\nc\n"), "- b\n+ c\n");
}

}  // namespace
}  // namespace weft::conformance
