#include "tools/bench/load/answer.h"

#include <gtest/gtest.h>

namespace weft::bench {
namespace {

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nDate: now\r\ncontent-LENGTH: 5\r\n\r\n";

TEST(Answer, IsCompleteOnlyWithItsLastByte) {
  Answer answer;
  answer.start(5);
  EXPECT_EQ(answer.take(kHead), Fault::kNone);
  EXPECT_FALSE(answer.complete());
  EXPECT_EQ(answer.take("1234"), Fault::kNone);
  EXPECT_FALSE(answer.complete());
  EXPECT_EQ(answer.take("5"), Fault::kNone);
  EXPECT_TRUE(answer.complete());
}

TEST(Answer, AHeadMayArriveByteByByte) {
  Answer answer;
  answer.start(5);
  for (const char byte : kHead) ASSERT_EQ(answer.take({&byte, 1}), Fault::kNone);
  EXPECT_EQ(answer.take("12345"), Fault::kNone);
  EXPECT_TRUE(answer.complete());
  EXPECT_FALSE(answer.closes());
}

TEST(Answer, OneByteTooManyIsAFault) {
  Answer answer;
  answer.start(5);
  EXPECT_EQ(answer.take(std::string(kHead) + "123456"), Fault::kLength);
}

TEST(Answer, AnotherLengthThanAskedForIsAFault) {
  Answer answer;
  answer.start(6);
  EXPECT_EQ(answer.take(kHead), Fault::kLength);
}

TEST(Answer, AnotherStatusIsAFaultAndKept) {
  Answer answer;
  answer.start(0);
  EXPECT_EQ(answer.take("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n"),
            Fault::kStatus);
  EXPECT_EQ(answer.status(), 503);
  EXPECT_TRUE(answer.closes());
}

TEST(Answer, WhatIsNotHttpIsMalformed) {
  Answer answer;
  answer.start(0);
  EXPECT_EQ(answer.take("SSH-2.0-OpenSSH_9.2 and more\r\n\r\n"), Fault::kMalformed);
}

}  // namespace
}  // namespace weft::bench
