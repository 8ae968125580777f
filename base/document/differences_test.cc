#include "base/document/differences.h"

#include <gmock/gmock.h>

#include "base/document/print.h"
#include "base/text.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "path: before -> after", "-" for what is not there.
std::vector<std::string> compared(const std::string& before, const std::string& after) {
  const auto a = parse_json(before), b = parse_json(after);
  EXPECT_TRUE(a.ok() && b.ok());
  std::vector<std::string> out;
  for (const Difference& one : differences(*a, *b)) {
    out.push_back(cat(one.path, ": ", one.before == nullptr ? "-" : compact_json(*one.before), " -> ",
                      one.after == nullptr ? "-" : compact_json(*one.after)));
    // The path leads to the values.
    EXPECT_EQ(value_at(*a, one.path), one.before);
    EXPECT_EQ(value_at(*b, one.path), one.after);
  }
  return out;
}

TEST(Differences, NoneBetweenEqualTreesWhateverTheOrderOfTheirKeys) {
  EXPECT_THAT(compared(R"({"a":1,"b":[true,null]})", R"({"b":[true,null],"a":1})"), IsEmpty());
}

TEST(Differences, AChangedValueIsNamedByItsPath) {
  EXPECT_THAT(compared(R"({"a":{"b":[{"c":"x"}]}})", R"({"a":{"b":[{"c":"y"}]}})"),
              ElementsAre(R"(a.b[0].c: "x" -> "y")"));
  EXPECT_THAT(compared(R"({"a":1})", R"({"a":"1"})"), ElementsAre(R"(a: 1 -> "1")"));
  EXPECT_THAT(compared(R"({"a":{}})", R"({"a":[]})"), ElementsAre("a: {} -> []"));
}

TEST(Differences, WhatIsNewOrGoneIsOneDifference) {
  EXPECT_THAT(compared(R"({"a":{"b":1,"c":2}})", R"({"d":{"e":1}})"),
              ElementsAre(R"(a: {"b":1,"c":2} -> -)", R"(d: - -> {"e":1})"));
  EXPECT_THAT(compared("[1,2]", "[1,2,3]"), ElementsAre("[2]: - -> 3"));
  EXPECT_THAT(compared("[1,2]", "[2]"), ElementsAre("[0]: 1 -> 2", "[1]: 2 -> -"));
}

TEST(Differences, KeysThatAreNoPlainWordsAreQuoted) {
  EXPECT_THAT(compared(R"({"labels":{"kuma.io/zone":"a"}})", R"({"labels":{"kuma.io/zone":"b"}})"),
              ElementsAre(R"(labels["kuma.io/zone"]: "a" -> "b")"));
}

TEST(ValueAt, IsNullWhereNothingIs) {
  const auto tree = parse_json(R"({"a":[{"b":1}]})");
  EXPECT_EQ(value_at(*tree, "a[1].b"), nullptr);
  EXPECT_EQ(value_at(*tree, "a.b"), nullptr);
  EXPECT_EQ(value_at(*tree, "a[0].b.c"), nullptr);
  EXPECT_EQ(value_at(*tree, ""), &*tree);
}

}  // namespace
}  // namespace weft
