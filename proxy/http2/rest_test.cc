// The last of an answer, which its owner need not wait for.
#include <chrono>
#include <string>
#include <vector>

#include "proxy/http2/session_for_test.h"

namespace weft::proxy::test {
namespace {

TEST_F(BackToBack, TheRestOfAnAnswerIsCopiedAndLeavesThoughItsOwnerHasGone) {
  start();
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine);
  const std::vector<Header> ok{{":status", "200"}}, trailers{{"a", "b"}};
  theirs.send_head(ok, false);
  std::string body = "hello";
  EXPECT_TRUE(theirs.send_rest(body, trailers));
  EXPECT_TRUE(theirs.drained());
  body = "other";
  server.streams.clear();
  EXPECT_TRUE(until([&] { return mine->peer_ended(); }));
  EXPECT_EQ(mine->pending(), "hello");
  EXPECT_EQ(mine->trailers(), "a: b\r\n");
  EXPECT_EQ(mine->end(), StreamEnd::kNone);
  EXPECT_EQ(server.session->open_streams(), 0u);
}

TEST_F(ByHand, TheRestOfAnAnswerIsCopiedOnlyWhereThereIsRoomForIt) {
  send(cat(settings(std::string("\0\4", 2) + number(4)), request(1, get_fields()), request(3, get_fields())));
  ASSERT_TRUE(until([&] { return server.streams.size() == 2; }));
  const std::vector<Header> ok{{":status", "200"}};
  for (const Http2StreamPtr& stream : server.streams) stream->send_head(ok, false);
  EXPECT_FALSE(server.streams[0]->send_rest("12345", {}));
  EXPECT_TRUE(server.streams[1]->send_rest("1234", {}));
  server.streams[0]->send_rest("1234", {});
  EXPECT_TRUE(until([&] { return server.session->open_streams() == 0; }));
}

TEST_F(ByHand, ARestThatItsClientNeverTakesIsGivenUp) {
  send(cat(settings(std::string("\0\4", 2) + number(1u << 30)), frame(kWindowFrame, 0, 0, number(1u << 30)),
           request(1, get_fields())));
  ASSERT_TRUE(until([&] { return server.streams.size() == 1; }));
  const std::vector<Header> ok{{":status", "200"}};
  send(frame(kSettingsFrame, 1, 0));  // it answers ours
  const std::string large(16 << 20, 'x');
  server.streams[0]->send_head(ok, false);
  server.streams[0]->send_body(large, true);
  for (int i = 0; i < 20; ++i) worker.loop.turn(std::chrono::milliseconds(1));  // the socket is full
  send(request(3, get_fields()));
  ASSERT_TRUE(turn_until(worker.loop, [&] { return server.streams.size() == 2; }));
  server.streams[1]->send_head(ok, false);
  EXPECT_TRUE(server.streams[1]->send_rest("rest", {}));
  server.streams.pop_back();
  for (int i = 0; i < 5; ++i) worker.loop.turn(std::chrono::milliseconds(1));
  EXPECT_EQ(server.session->open_streams(), 2u);
  worker.loop.skip(std::chrono::seconds(61));
  worker.loop.turn(std::chrono::milliseconds(1));
  EXPECT_TRUE(got(kResetFrame, 8, 3));
  EXPECT_FALSE(got_already(kDataFrame, ~0u, 3));
}

}  // namespace
}  // namespace weft::proxy::test
