// How large the frames are that content leaves in.
#include <gtest/gtest.h>

#include <algorithm>

#include "proxy/http2/session_for_test.h"

namespace weft::proxy {
namespace {

using test::frame;
using test::kDataFrame;

struct FrameSize : test::ByHand {
  // Answers one request with `content`; the sizes of the DATA frames it comes in.
  std::vector<size_t> answered_in(std::string_view content) {
    send(test::request(1, test::get_fields()));
    if (!until([&] { return server.streams.size() == 1; })) return {};
    const std::vector<Header> ok{{":status", "200"}};
    server.streams[0]->send_head(ok, false);
    server.streams[0]->send_body(content, true);
    std::vector<size_t> sizes;
    until([&] {
      sizes.clear();
      for (const test::Frame& one : seen) {
        if (one.type == kDataFrame) sizes.push_back(one.payload.size());
      }
      size_t total = 0;
      for (const size_t size : sizes) total += size;
      return total == content.size();
    });
    return sizes;
  }
  const std::string content = std::string(50'000, 'x');
};

TEST_F(FrameSize, IsSixteenKiBForAPeerThatDoesNotAskForMore) {
  EXPECT_EQ(answered_in(content), (std::vector<size_t>{16384, 16384, 16384, 848}));
}

TEST_F(FrameSize, IsAllThereIsForAPeerThatTakesIt) {
  constexpr std::string_view kMaxFrameSize{"\0\5\0\1\0\0", 6};
  send(test::settings(kMaxFrameSize));
  EXPECT_EQ(answered_in(content), (std::vector<size_t>{50'000}));
}

TEST_F(FrameSize, KeepsToTheWindows) {
  // SETTINGS_INITIAL_WINDOW_SIZE 20,000, SETTINGS_MAX_FRAME_SIZE 64 KiB.
  send(test::settings(cat(std::string("\0\4", 2), test::number(20'000), std::string("\0\5\0\1\0\0", 6))));
  send(test::request(1, test::get_fields()));
  ASSERT_TRUE(until([&] { return server.streams.size() == 1; }));
  const std::vector<Header> ok{{":status", "200"}};
  server.streams[0]->send_head(ok, false);
  server.streams[0]->send_body(content, true);
  ASSERT_TRUE(got(kDataFrame));
  EXPECT_EQ(seen.back().payload.size(), 20'000u);
  EXPECT_FALSE(server.streams[0]->drained());
  send(frame(test::kWindowFrame, 0, 1, test::number(40'000)));
  EXPECT_TRUE(until([&] { return server.streams[0]->drained() && seen.back().flags == test::kEndStream; }));
  EXPECT_EQ(seen.back().payload.size(), 30'000u);
}

}  // namespace
}  // namespace weft::proxy
