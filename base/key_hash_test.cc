#include "base/key_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

// The values of the reference implementation.
TEST(KeyHash, XxHashIsTheKnownOne) {
  EXPECT_EQ(xx_hash64(""), 0xef46db3751d8e999ull);
  EXPECT_EQ(xx_hash64("a"), 0xd24ec4f1a98c6e5bull);
  EXPECT_EQ(xx_hash64("abc"), 0x44bc2cf5ad770999ull);
  EXPECT_EQ(xx_hash64("Nobody inspects the spammish repetition"), 0xfbcea83c8a378bf1ull);
}

TEST(KeyHash, MurmurHashIsTheKnownOne) {
  EXPECT_EQ(murmur_hash2_64(""), 0x553e93901e462a6eull);
  EXPECT_EQ(murmur_hash2_64("hello"), 0x26553298fdbe39c8ull);
  EXPECT_EQ(murmur_hash2_64("hello world 12345"), 0x037bb90b32470a6bull);
}

TEST(KeyHash, EveryByteCounts) {
  std::string text(67, 'x');
  const uint64_t xx = xx_hash64(text);
  const uint64_t murmur = murmur_hash2_64(text);
  for (char& byte : text) {
    byte = 'y';
    EXPECT_NE(xx_hash64(text), xx);
    EXPECT_NE(murmur_hash2_64(text), murmur);
    byte = 'x';
  }
}

}  // namespace
}  // namespace weft
