// What a session bears of the peer that it serves, and of the one that it calls, whose frames are written by hand.
#include <utility>

#include "proxy/http2/session_for_test.h"

namespace weft::proxy::test {
namespace {

constexpr auto kMoment = std::chrono::milliseconds(20);
constexpr uint32_t kProtocolError = 1, kSettingsTimeout = 4, kEnhanceYourCalm = 11;
constexpr uint8_t kPushPromiseFrame = 5;

struct Served : ByHand {};

TEST_F(Served, WhoAcknowledgesSettingsStays) {
  send(frame(kSettingsFrame, 1, 0));
  send(request(1, get_fields()));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  EXPECT_TRUE(server.session->settled());
}

// As a drain does, while requests come.
TEST_F(Served, ANudgeIsNotLostWhenBytesHaveComeAtTheSameTime) {
  send(frame(kSettingsFrame, 1, 0));
  ASSERT_TRUE(until([&] { return server.session->settled(); }));
  send(request(1, get_fields()));
  server.connection.nudge();
  EXPECT_EQ(server.streams.size(), 1u);  // they were there
  EXPECT_EQ(server.nudges, 1);
}

struct Impatient : ByHand {
  explicit Impatient(const Http2Limits& limits = {}) : ByHand(limits) { times.settings = times.last_word = kMoment; }
};

TEST_F(Impatient, SettingsThatNobodyAcknowledgesEndTheConnection) {
  EXPECT_TRUE(got(kGoawayFrame, kSettingsTimeout));
  EXPECT_TRUE(until([&] { return closed; }));
}

TEST_F(Impatient, AcknowledgedSettingsDoNot) {
  send(frame(kSettingsFrame, 1, 0));
  const TimePoint later = worker.loop.now() + 3 * kMoment;
  EXPECT_TRUE(until([&] { return worker.loop.now() > later; }));
  EXPECT_FALSE(got_already(kGoawayFrame));
  send(request(1, get_fields()));
  EXPECT_TRUE(until([&] { return !server.streams.empty(); }));
}

// A window as large as there is, and nobody reads.
struct WhoDoesNotRead : Impatient {
  explicit WhoDoesNotRead(const Http2Limits& limits = {}) : Impatient(limits) { times.idle = kMoment; }
  void SetUp() override {
    const int small = 4096;
    setsockopt(server.connection.descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(peer.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ByHand::SetUp();
    send(cat(settings(cat(std::string("\0\x04", 2), number(0x7fffffff))), frame(kSettingsFrame, 1, 0),
             frame(kWindowFrame, 0, 0, number(0x7f000000))));
  }
};

TEST_F(WhoDoesNotRead, DoesNotKeepAConnectionThatHasEnded) {
  send(request(1, get_fields()));
  ASSERT_TRUE(turn_until(worker.loop, [&] { return !server.streams.empty(); }));
  const std::string body(1'000'000, 'b');
  const std::vector<Header> ok{{":status", "200"}};
  server.streams[0]->send_head(ok, false);
  server.streams[0]->send_body(body, true);
  turn_until(worker.loop, [&] { return true; });
  server.streams.clear();
  EXPECT_TRUE(turn_until(worker.loop, [&] { return server.ended; }));
}

// Nothing more is read from it, and it is cut then.
struct WhoIsNotRead : WhoDoesNotRead {
  WhoIsNotRead() : WhoDoesNotRead({.max_streams = 1000}) {}
};

TEST_F(WhoIsNotRead, CanBeCut) {
  constexpr size_t kRequests = 600;
  std::string requests;
  for (uint32_t i = 0; i < kRequests; ++i) requests += request(1 + 2 * i, get_fields());
  send(requests);
  ASSERT_TRUE(turn_until(worker.loop, [&] { return server.streams.size() == kRequests; }));
  const std::string body(1'000'000, 'b');
  const std::vector<Header> ok{{":status", "200"}};
  server.streams[0]->send_head(ok, false);
  server.streams[0]->send_body(body, true);
  for (size_t i = 1; i < kRequests; ++i) server.streams[i]->send_head(ok, true);
  send(frame(kPingFrame, 0, 0, "12345678"));
  for (int i = 0; i < 3; ++i) worker.loop.turn(std::chrono::milliseconds(0));
  send(request(1 + 2 * kRequests, get_fields()));
  for (int i = 0; i < 3; ++i) worker.loop.turn(std::chrono::milliseconds(0));
  ASSERT_EQ(server.streams.size(), kRequests);  // it rests
  server.connection.cancel();
  EXPECT_TRUE(turn_until(worker.loop, [&] { return server.ended; }));
}

// A client's session, and a service that is written by hand.
struct Called : testing::Test {
  explicit Called(const Http2Times& times = {})
      : peer(non_blocking(pair.accepted)), client(worker, non_blocking(pair.opened), Http2Session::Side::kClient) {
    client.start({}, times);
    peer.send(settings());
  }
  ~Called() override {
    client.connection.cancel();
    turn_until(worker.loop, [&] { return client.ended; });
  }
  bool until(const std::function<bool()>& holds) {
    return turn_until(worker.loop, [&] {
      char buffer[65536];
      for (ssize_t size = 0; (size = recv(peer.get(), buffer, sizeof buffer, 0)) > 0;) {
        bytes.append(buffer, static_cast<size_t>(size));
      }
      if (bytes.starts_with(kPreface)) bytes.erase(0, kPreface.size());
      for (Frame& frame : frames_in(bytes)) seen.push_back(std::move(frame));
      return holds();
    });
  }
  bool got(uint8_t type, uint32_t code) {
    return until([&] {
      return std::any_of(seen.begin(), seen.end(),
                         [&](const Frame& frame) { return frame.type == type && frame.code() == code; });
    });
  }
  Http2StreamPtr ask() {
    const std::vector<Header> fields{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}};
    Http2StreamPtr stream = client.session->open();
    stream->send_head(fields, true);
    const size_t before = seen.size();
    EXPECT_TRUE(
        until([&] { return client.session->settled() && seen.size() > before && seen.back().type == kHeadersFrame; }));
    return stream;
  }

  Worker worker;
  TcpPair pair;
  Socket peer;
  End client;
  std::string bytes;
  std::vector<Frame> seen;
};

TEST_F(Called, WhatIsPushedEndsTheConnection) {
  const Http2StreamPtr stream = ask();
  peer.send(frame(kPushPromiseFrame, kEndHeaders, 1, cat(number(2), get_fields())));
  EXPECT_TRUE(got(kGoawayFrame, kProtocolError));
  EXPECT_TRUE(until([&] { return client.ended; }));
  EXPECT_EQ(stream->end(), StreamEnd::kConnectionLost);
}

TEST_F(Called, AnAnswersHeadAndTrailersAreBoundedAndTheOtherStreamsGoOn) {
  const Http2StreamPtr first = ask();
  const Http2StreamPtr second = ask();
  const Http2StreamPtr third = ask();
  // More than 60 KiB, in frames of the usual size.
  const auto too_much = [](uint32_t id, std::string_view begun, uint8_t flags) {
    std::string frames = frame(kHeadersFrame, flags, id, begun);
    for (int i = 0; i < 5; ++i) {
      frames += frame(kContinuationFrame, i == 4 ? kEndHeaders : 0, id, field("x", std::string(13'000, 'v')));
    }
    return frames;
  };
  peer.send(cat(too_much(1, field(":status", "200"), 0), frame(kHeadersFrame, kEndHeaders, 3, field(":status", "200")),
                too_much(3, {}, kEndStream)));
  EXPECT_TRUE(got(kResetFrame, kEnhanceYourCalm));
  EXPECT_EQ(first->end(), StreamEnd::kPeerViolation);
  EXPECT_TRUE(until([&] { return second->end() == StreamEnd::kPeerViolation; }));
  EXPECT_TRUE(second->trailers().empty());
  peer.send(frame(kHeadersFrame, kEndHeaders | kEndStream, 5, field(":status", "204")));
  EXPECT_TRUE(until([&] { return third->peer_ended(); }));
  EXPECT_EQ(third->end(), StreamEnd::kNone);
}

struct ImpatientlyCalled : Called {
  ImpatientlyCalled() : Called({.settings = kMoment}) {}
};

TEST_F(ImpatientlyCalled, SettingsThatNobodyAcknowledgesEndTheConnection) {
  EXPECT_TRUE(got(kGoawayFrame, kSettingsTimeout));
  EXPECT_TRUE(until([&] { return client.ended; }));
}

}  // namespace
}  // namespace weft::proxy::test
