#include "proxy/http/body.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::proxy {
namespace {

using Kind = BodyFraming::Kind;

// "complete N", "open N" or "malformed" after `bytes` in pieces of `step`.
std::string chunked(std::string_view bytes, size_t step) {
  BodyReader reader({Kind::kChunked, 0});
  size_t taken = 0;
  for (size_t at = 0; at < bytes.size() && !reader.complete(); at += step) taken += reader.take(bytes.substr(at, step));
  if (reader.malformed()) return "malformed";
  return (reader.complete() ? "complete " : "open ") + std::to_string(taken);
}

void expect_chunked(std::string_view bytes, const std::string& expected) {
  EXPECT_EQ(chunked(bytes, 1), expected) << bytes;
  EXPECT_EQ(chunked(bytes, bytes.size() + 1), expected) << bytes;
}

TEST(BodyReader, EndsALengthExactly) {
  BodyReader reader({Kind::kLength, 5});
  EXPECT_EQ(reader.take("abc"), 3u);
  EXPECT_FALSE(reader.complete());
  EXPECT_EQ(reader.take("defgh"), 2u);
  EXPECT_TRUE(reader.complete());
  EXPECT_FALSE(BodyReader({Kind::kLength, 1}).close());
  EXPECT_TRUE(BodyReader({Kind::kLength, 0}).complete());
}

TEST(BodyReader, ReadsUntilTheEnd) {
  BodyReader reader({Kind::kUntilClose, 0});
  EXPECT_EQ(reader.take("abc"), 3u);
  EXPECT_FALSE(reader.complete());
  EXPECT_TRUE(reader.close());
}

TEST(BodyReader, FollowsChunksAndTrailers) {
  expect_chunked("0\r\n\r\n", "complete 5");
  expect_chunked("5\r\nhello\r\n0\r\n\r\nnext", "complete 15");
  expect_chunked("5;a=b;c=\"d\"\r\nhello\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "complete 39");
  expect_chunked("00a\r\n0123456789\r\n0\r\n\r\n", "complete 22");
  expect_chunked("5\r\nhel", "open 6");
}

TEST(BodyReader, RefusesChunksThatParsersReadDifferently) {
  for (const std::string_view bytes :
       {"\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "1\n", "1\r\r", "1\r\nab\r\n", "1\r\na\n",
        "ffffffffffffffff\r\n", "1;a\nb\r\n", "0\r\nbad name: x\r\n\r\n", "0\r\n: x\r\n", "0\r\nA: b\n\r\n",
        "0\r\nContent-Length: 1\r\n\r\n", "0\r\nX-Forwarded-Client-Cert: a\r\n\r\n", "0\r\n fold\r\n"}) {
    expect_chunked(bytes, "malformed");
  }
}

TEST(BodyReader, BoundsExtensionsAndTrailers) {
  expect_chunked("1;" + std::string(kMaxChunkExtensions + 1, 'a') + "\r\n", "malformed");
  std::string many;
  for (size_t i = 0; i < kMaxChunkExtensions / 4; ++i) many += "1;abcde\r\nx\r\n";
  expect_chunked(many, "malformed");
  expect_chunked("0\r\nA: " + std::string(kMaxTrailers, 'a') + "\r\n\r\n", "malformed");
}

TEST(BodyReader, TellsContentFromFraming) {
  BodyReader reader({Kind::kChunked, 0});
  const std::string_view bytes = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  std::string content;
  size_t at = 0;
  while (!reader.complete()) {
    const BodyReader::Stretch stretch = reader.next(bytes.substr(at));
    ASSERT_GT(stretch.size, 0u);
    if (stretch.content) content += bytes.substr(at, stretch.size);
    at += stretch.size;
  }
  EXPECT_EQ(content, "abcde");
}

}  // namespace
}  // namespace weft::proxy
