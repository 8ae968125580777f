#include "proxy/http/gather.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

std::string text(const Gather& gather) {
  std::string all;
  for (const iovec& piece : gather.left()) all.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  return all;
}

TEST(Gather, JoinsNeighbours) {
  const std::string bytes = "abcdef";
  Gather gather;
  gather.refer(std::string_view(bytes).substr(0, 2));
  gather.refer(std::string_view(bytes).substr(2, 3));
  EXPECT_EQ(gather.left().size(), 1u);
  gather.copy("-");
  gather.copy("+");
  EXPECT_EQ(gather.left().size(), 2u);
  EXPECT_EQ(text(gather), "abcde-+");
  EXPECT_EQ(gather.size(), 7u);
}

TEST(Gather, ForgetsWhatWasSent) {
  const std::string bytes = "abcdef";
  Gather gather;
  gather.refer(std::string_view(bytes).substr(0, 3));
  gather.copy("123");
  gather.consume(2);
  EXPECT_EQ(text(gather), "c123");
  gather.consume(2);
  EXPECT_EQ(text(gather), "23");
  gather.consume(2);
  EXPECT_TRUE(gather.empty());
  EXPECT_TRUE(gather.left().empty());
}

TEST(Gather, WhatFollowsSentBytesInMemoryIsNotSentWithThem) {
  const std::string bytes = "abcdef";
  Gather gather;
  gather.refer(std::string_view(bytes).substr(0, 3));
  gather.consume(3);
  gather.refer(std::string_view(bytes).substr(3));
  EXPECT_EQ(text(gather), "def");
}

TEST(Gather, HoldsAnyNumberOfPieces) {
  const std::string bytes(1000, 'x');
  Gather gather;
  std::string expected;
  for (size_t i = 0; i < 500; ++i) {
    gather.refer({bytes.data() + i * 2, 1});
    gather.copy(std::string(i % 50, 'y'));
    expected += "x" + std::string(i % 50, 'y');
    if (i == 100) {
      gather.consume(7);
      expected.erase(0, 7);
    }
  }
  EXPECT_EQ(text(gather), expected);
  EXPECT_EQ(gather.size(), expected.size());
}

}  // namespace
}  // namespace weft::proxy
