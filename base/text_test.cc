#include "base/text.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Text, CatJoinsTextCharactersAndNumbers) {
  EXPECT_EQ(cat("a", std::string("b"), 'c', 12, -3, 1.5, true), "abc12-31.5true");
}

TEST(Text, SplitKeepsEmptyPieces) {
  EXPECT_EQ(split("a,b,,c", ','), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(Text, ParseNumberTakesTheWholeTextOrNothing) {
  uint16_t port = 7;
  EXPECT_FALSE(parse_number("80x", port));
  EXPECT_FALSE(parse_number("", port));
  EXPECT_FALSE(parse_number("65536", port));
  EXPECT_FALSE(parse_number("-1", port));
  EXPECT_EQ(port, 7);
  EXPECT_TRUE(parse_number("65535", port));
  EXPECT_EQ(port, 65535);
}

TEST(Text, DidYouMeanFindsTheNearWordOnly) {
  EXPECT_EQ(did_you_mean("numRetry", {"numRetries", "backOff", "retryOn"}), "numRetries");
  EXPECT_EQ(did_you_mean("requesttimeout", {"requestTimeout", "idleTimeout"}), "requestTimeout");
  EXPECT_EQ(did_you_mean("zebra", {"numRetries", "backOff"}), "");
}

TEST(TextTest, TellsUtf8FromOtherBytes) {
  for (const char* text :
       {"", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(text));
  for (const char* text : {"\xBB", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF8\x88\x80\x80\x80", "a\xC3", "\xE2\x82"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

}  // namespace
}  // namespace weft
