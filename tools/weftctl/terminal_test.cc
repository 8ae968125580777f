#include "tools/weftctl/terminal.h"

#include <gtest/gtest.h>

#include "tools/weftctl/pages.h"

namespace weft::ctl {
namespace {

TEST(TerminalTest, WidthCountsCharactersAndNoColours) {
  EXPECT_EQ(width(""), 0u);
  EXPECT_EQ(width("abc"), 3u);
  EXPECT_EQ(width("é→"), 2u);
  EXPECT_EQ(width("\033[31mabc\033[0m"), 3u);
  EXPECT_EQ(width("a\033[3"), 1u);  // cut off
}

TEST(TerminalTest, WhatIsNoTerminalGetsNoColourAndNoProgress) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_FALSE(has_colour(file));
  EXPECT_EQ(paint("x", Colour::kRed, file), "x");
  std::fclose(file);
}

TEST(PagesTest, TheNextPageIsNamedByItsOffset) {
  const auto offset = [](std::string_view json) { return next_offset(parse_json(json).value_or(Node{})); };
  EXPECT_EQ(offset(R"({"next": "http://cp:5681/meshes?offset=3&size=3"})"), "3");
  EXPECT_EQ(offset(R"({"next": "http://cp:5681/meshes?size=3&offset=12"})"), "12");
  EXPECT_EQ(offset(R"({"next": null})"), "");
  EXPECT_EQ(offset(R"({"total": 0, "items": null})"), "");
}

}  // namespace
}  // namespace weft::ctl
