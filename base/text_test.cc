#include "base/text.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Text, CatJoinsTextCharactersAndNumbers) { EXPECT_EQ(cat("a", std::string("b"), 'c', 12, -3, 1.5, true), "abc12-31.5true"); }

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

}  // namespace
}  // namespace weft
