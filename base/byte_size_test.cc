#include "base/byte_size.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(ByteSize, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(parse_byte_size("0").value_or(1), 0u);
  EXPECT_EQ(parse_byte_size("67108864").value_or(0), 67108864u);
  EXPECT_EQ(parse_byte_size("64Mi").value_or(0), 67108864u);
  EXPECT_EQ(parse_byte_size("64MiB").value_or(0), 67108864u);
  EXPECT_EQ(parse_byte_size("1.5Gi").value_or(0), 1610612736u);
  EXPECT_EQ(parse_byte_size("500M").value_or(0), 500'000'000u);
}

TEST(ByteSize, AnythingElseIsRefused) {
  for (const char* text : {"", "Mi", "-1", "+1", "1e9", "1.", ".5", "1.2.3", "64 Mi", "64mi", "1Pi", "9999999999Gi"}) {
    EXPECT_FALSE(parse_byte_size(text).ok()) << text;
  }
}

}  // namespace
}  // namespace weft
