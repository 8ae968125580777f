#include "tools/weftctl/table.h"

#include <gtest/gtest.h>

namespace weft::ctl {
namespace {

using namespace std::chrono_literals;

UtcSeconds at(std::string_view text) {
  UtcSeconds out{};
  EXPECT_TRUE(parse_time(text, out)) << text;
  return out;
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCellPlusThree) {
  EXPECT_EQ(table({"MESH", "NAME", "AGE"}, {{"default", "web1", "2h"}, {"m", "b", "never"}}),
            "MESH      NAME   AGE\n"
            "default   web1   2h\n"
            "m         b      never\n");
}

TEST(TableTest, AnEmptyListIsTheHeaderAlone) { EXPECT_EQ(table({"NAME", "AGE"}, {}), "NAME   AGE\n"); }

TEST(TableTest, AgeUsesTheLargestUnit) {
  const UtcSeconds now = at("2026-02-01T10:00:00Z");
  EXPECT_EQ(age("2026-02-01T09:59:30Z", now), "30s");
  EXPECT_EQ(age("2026-02-01T09:54:59.999Z", now), "5m");
  EXPECT_EQ(age("2026-02-01T10:00:00+02:00", now), "2h");
  EXPECT_EQ(age("2026-01-29T09:00:00Z", now), "3d");
  EXPECT_EQ(age("2024-12-01T09:00:00Z", now), "1y");
  EXPECT_EQ(age("2027-01-01T00:00:00Z", now), "0s");
}

TEST(TableTest, TheZeroTimeIsAsOldAsCanBeCounted) {
  EXPECT_EQ(age("0001-01-01T00:00:00Z", at("2026-02-01T10:00:00Z")), "292y");
}

TEST(TableTest, DatesAreInUtcAndNoTimeIsADash) {
  EXPECT_EQ(date("2026-02-01T10:00:05.5+02:00"), "2026-02-01 08:00:05");
  EXPECT_EQ(date(""), "-");
  EXPECT_EQ(date("soon"), "-");
}

TEST(TableTest, ColumnsCountCharactersNotBytesOrColours) {
  EXPECT_EQ(table({"A", "B"}, {{"\033[31mré\033[0m", "x"}, {"abc", "y"}}),
            "A     B\n\033[31mré\033[0m    x\nabc   y\n");
}

TEST(TableTest, NoTimeIsNever) {
  for (const char* text : {"", "x", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-02-01"}) {
    EXPECT_EQ(age(text, at("2026-02-01T10:00:00Z")), "never") << text;
  }
}

}  // namespace
}  // namespace weft::ctl
