// Two sessions back to back: what one hands over is what the other is handed.
#include <gtest/gtest.h>

#include "proxy/http2/session_for_test.h"

namespace weft::proxy {
namespace {

using test::BackToBack;

// Takes everything that comes until the peer ends or the stream fails.
std::string all_of(BackToBack& test, Http2Stream& stream) {
  std::string content;
  test.until([&] {
    while (!stream.pending().empty()) {
      const std::string_view piece = stream.pending();
      content += piece;
      stream.consume(piece.size());
    }
    return stream.peer_ended() || stream.end() != StreamEnd::kNone;
  });
  return content;
}

TEST_F(BackToBack, ARequestAndItsAnswerCrossAsHttp1Heads) {
  start();
  Http2StreamPtr mine = client.session->open();
  ASSERT_NE(mine, nullptr);
  const std::vector<Header> fields{{":method", "GET"}, {":scheme", "http"}, {":authority", "a.b"}, {":path", "/x?y"},
                                   {"X-Upper", "V"},   {"cookie", "a=1"},   {"cookie", "b=2"}};
  mine->send_head(fields, true);
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  Http2Stream& theirs = *server.streams[0];
  EXPECT_EQ(theirs.head(), "GET /x?y HTTP/1.1\r\nhost: a.b\r\nx-upper: V\r\ncookie: a=1; b=2\r\n\r\n");
  EXPECT_EQ(theirs.scheme(), "http");
  EXPECT_TRUE(theirs.peer_ended());
  EXPECT_FALSE(theirs.tunnel());

  const std::vector<Header> early{{":status", "103"}, {"link", "</a>"}};
  const std::vector<Header> answer{{":status", "200"}, {"content-length", "5"}};
  theirs.send_head(early, false);
  theirs.send_head(answer, false);
  theirs.send_body("hello", true);
  EXPECT_FALSE(theirs.drained());
  EXPECT_EQ(all_of(*this, *mine), "hello");
  EXPECT_TRUE(theirs.drained());
  EXPECT_EQ(mine->head(), "HTTP/1.1 103\r\nlink: </a>\r\n\r\n");
  mine->next_head();
  EXPECT_EQ(mine->head(), "HTTP/1.1 200\r\ncontent-length: 5\r\n\r\n");
  EXPECT_EQ(mine->end(), StreamEnd::kNone);
  EXPECT_EQ(theirs.end(), StreamEnd::kNone);
  EXPECT_EQ(client.session->open_streams(), 0u);
  EXPECT_EQ(server.session->open_streams(), 0u);
}

TEST_F(BackToBack, TrailersFollowTheContentBothWays) {
  start();
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine, "/", false);
  EXPECT_FALSE(theirs.peer_ended());
  const std::vector<Header> trailers{{"grpc-status", "0"}, {"x", "y"}};
  mine->send_body("question", false);
  mine->send_trailers(trailers);
  EXPECT_EQ(all_of(*this, theirs), "question");
  EXPECT_EQ(theirs.trailers(), "grpc-status: 0\r\nx: y\r\n");
  const std::vector<Header> ok{{":status", "200"}};
  theirs.send_head(ok, false);
  theirs.send_trailers(trailers);
  EXPECT_EQ(all_of(*this, *mine), "");
  EXPECT_EQ(mine->trailers(), "grpc-status: 0\r\nx: y\r\n");
}

TEST_F(BackToBack, LargeContentLeavesAtOnceAndSmallContentWithTheTurn) {
  start();
  Http2StreamPtr first = client.session->open();
  Http2StreamPtr second = client.session->open();
  Http2Stream& small = asked(*first);
  Http2Stream& large = asked(*second);
  const std::vector<Header> ok{{":status", "200"}};
  const std::string content(60'000, 'x');
  small.send_head(ok, false);
  small.send_body("hello", true);
  EXPECT_FALSE(small.drained());
  large.send_head(ok, false);
  large.send_body(content, true);
  EXPECT_TRUE(large.drained());
  EXPECT_EQ(all_of(*this, *second), content);
  EXPECT_EQ(all_of(*this, *first), "hello");
  EXPECT_EQ(server.session->open_streams(), 0u);
}

TEST_F(BackToBack, LargeContentCrossesWholeUnderBackPressure) {
  start();
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine, "/", false);
  std::string sent(3'000'000, 'x');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>('a' + i * 7 % 26);
  mine->send_body(sent, true);
  // Nobody consumes: no more than the window comes, and the sender is not drained.
  EXPECT_TRUE(until([&] { return theirs.pending().size() > 0; }));
  for (int i = 0; i < 50; ++i) worker.loop.turn(std::chrono::milliseconds(1));
  EXPECT_FALSE(mine->drained());
  EXPECT_EQ(all_of(*this, theirs), sent);
  EXPECT_TRUE(mine->drained());
}

struct Shared : BackToBack {
  static Http2Limits limits() {
    Http2Limits limits;
    limits.connection_window = limits.own_connection_window;
    return limits;
  }
  Shared() : BackToBack(limits()) {}
};

TEST_F(Shared, AnswersThatNobodyTakesDoNotHoldUpTheOthers) {
  start();
  const std::vector<Header> ok{{":status", "200"}};
  const std::string body(300'000, 'b');
  std::vector<Http2StreamPtr> stalled;
  for (int i = 0; i < 8; ++i) {
    stalled.push_back(client.session->open());
    Http2Stream& theirs = asked(*stalled.back());
    theirs.send_head(ok, false);
    theirs.send_body(body, true);
  }
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine);
  theirs.send_head(ok, false);
  theirs.send_body(body, true);
  EXPECT_EQ(all_of(*this, *mine).size(), body.size());
}

TEST_F(BackToBack, AResetIsSeenWithItsCode) {
  start();
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine, "/", false);
  mine->reset(8);
  EXPECT_EQ(mine->end(), StreamEnd::kReset);
  ASSERT_TRUE(until([&] { return theirs.end() != StreamEnd::kNone; }));
  EXPECT_EQ(theirs.end(), StreamEnd::kReset);
  EXPECT_EQ(theirs.error_code(), 8u);
}

TEST_F(BackToBack, LettingGoOfAnUnfinishedStreamCancelsIt) {
  start();
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine);
  mine.reset();
  ASSERT_TRUE(until([&] { return theirs.end() != StreamEnd::kNone; }));
  EXPECT_EQ(theirs.error_code(), 8u);
  ASSERT_TRUE(until([&] { return client.session->open_streams() == 0; }));
}

TEST_F(BackToBack, AnAnswerThatWasHandedOverLeavesThoughItsOwnerHasGone) {
  start();
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine, "/", false);
  const std::vector<Header> no{{":status", "413"}};
  theirs.send_head(no, true);
  server.streams.clear();
  EXPECT_EQ(all_of(*this, *mine), "");
  EXPECT_EQ(mine->head(), "HTTP/1.1 413\r\n\r\n");
  // And the rest of the request is not wanted (RFC 9113 section 8.1).
  ASSERT_TRUE(until([&] { return server.session->open_streams() == 0; }));
  ASSERT_TRUE(until([&] { return client.session->open_streams() == 0; }));
  EXPECT_EQ(mine->end(), StreamEnd::kNone);
}

TEST_F(BackToBack, StreamsAreOpenedAsFarAsThePeerAllows) {
  start();
  ASSERT_TRUE(until([&] { return client.rooms > 0; }));
  std::vector<Http2StreamPtr> open;
  while (Http2StreamPtr stream = client.session->open()) open.push_back(std::move(stream));
  EXPECT_EQ(open.size(), Http2Limits{}.max_streams);
  open.pop_back();
  EXPECT_TRUE(client.session->accepts_streams());
}

TEST_F(BackToBack, ADrainLetsOpenStreamsFinishAndEndsBothSides) {
  start();
  Http2StreamPtr mine = client.session->open();
  Http2Stream& theirs = asked(*mine);
  server.session->drain();
  ASSERT_TRUE(until([&] { return client.session->finished(); }));
  EXPECT_EQ(client.session->open(), nullptr);
  EXPECT_FALSE(server.ended);
  const std::vector<Header> ok{{":status", "200"}};
  theirs.send_head(ok, true);
  ASSERT_TRUE(until([&] { return mine->peer_ended(); }));
  EXPECT_EQ(mine->end(), StreamEnd::kNone);
  EXPECT_TRUE(until([&] { return server.ended && client.ended; }));
}

TEST_F(BackToBack, StreamsEndWithTheirConnection) {
  start();
  Http2StreamPtr mine = client.session->open();
  asked(*mine);
  server.connection.cancel();
  client.connection.cancel();
  ASSERT_TRUE(until([&] { return server.ended && client.ended; }));
  EXPECT_EQ(mine->end(), StreamEnd::kConnectionLost);
  EXPECT_EQ(server.streams[0]->end(), StreamEnd::kConnectionLost);
}

TEST_F(BackToBack, AnIdleConnectionEndsInOrder) {
  start({.idle = std::chrono::milliseconds(20)});
  EXPECT_TRUE(until([&] { return server.ended && client.ended; }));
}

TEST_F(BackToBack, ExtendedConnectIsAnUpgrade) {
  start();
  ASSERT_TRUE(until([&] { return client.session->takes_tunnels(); }));
  Http2StreamPtr mine = client.session->open();
  const std::vector<Header> fields{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"},
                                   {":authority", "a"},    {":path", "/chat"},         {"sec-websocket-version", "13"}};
  mine->send_head(fields, false);
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  Http2Stream& theirs = *server.streams[0];
  EXPECT_TRUE(theirs.tunnel());
  EXPECT_EQ(theirs.head(),
            "GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: "
            "13\r\n\r\n");
  const std::vector<Header> ok{{":status", "200"}};
  theirs.send_head(ok, false);
  theirs.send_body("frame", false);
  mine->send_body("other", false);
  ASSERT_TRUE(until([&] { return mine->pending() == "frame" && theirs.pending() == "other"; }));
}

// Answers a request by itself, as coroutines do.
Task<void> echo(Http2StreamPtr stream) {
  const std::vector<Header> ok{{":status", "200"}};
  stream->send_head(ok, false);
  for (;;) {
    const bool last = stream->peer_ended();
    const std::string_view piece = stream->pending();
    if (!piece.empty()) {
      stream->send_body(piece, false);
      while (!stream->drained()) {
        const Wake wake = co_await stream->writable();
        if (wake != Wake::kReady || stream->end() != StreamEnd::kNone) co_return;
      }
      stream->consume(piece.size());
      continue;
    }
    if (last) break;
    const Wake wake = co_await stream->readable();
    if (wake != Wake::kReady || stream->end() != StreamEnd::kNone) co_return;
  }
  stream->send_body({}, true);
}

TEST_F(BackToBack, CoroutinesCarryManyStreamsAtOnce) {
  server.on_stream = [](Http2StreamPtr stream) { spawn(echo(std::move(stream))); };
  start();
  ASSERT_TRUE(until([&] { return client.rooms > 0; }));
  const std::string body(300'000, 'b');
  const std::vector<Header> post{{":method", "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}};
  for (int round = 0; round < 3; ++round) {
    std::vector<Http2StreamPtr> open;
    for (int i = 0; i < 20; ++i) {
      open.push_back(client.session->open());
      open.back()->send_head(post, false);
      open.back()->send_body(body, true);
    }
    std::vector<size_t> got(open.size());
    ASSERT_TRUE(until([&] {
      bool all = true;
      for (size_t i = 0; i < open.size(); ++i) {
        while (!open[i]->pending().empty()) {
          got[i] += open[i]->pending().size();
          open[i]->consume(open[i]->pending().size());
        }
        all = all && open[i]->peer_ended();
      }
      return all;
    }));
    for (const size_t size : got) EXPECT_EQ(size, body.size());
  }
  EXPECT_TRUE(until([&] { return server.session->open_streams() == 0; }));
}

}  // namespace
}  // namespace weft::proxy
