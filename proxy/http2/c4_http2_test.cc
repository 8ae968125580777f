// Bad input over HTTP/2: cases 21-29 and 33 of the fault catalogue, as frames on the wire. What must not be a request
// is never handed on; what adds up ends the connection, with its reason said.
#include <gtest/gtest.h>

#include "proxy/http2/session_for_test.h"

namespace weft::proxy {
namespace {

using test::field;
using test::frame;
using test::get_fields;
using test::kContinuationFrame;
using test::kDataFrame;
using test::kEndHeaders;
using test::kEndStream;
using test::kGoawayFrame;
using test::kHeadersFrame;
using test::kPingFrame;
using test::kPriorityFrame;
using test::kResetFrame;
using test::kWindowFrame;
using test::number;
using test::post_fields;
using test::request;
using test::settings;

constexpr uint32_t kProtocolError = 1, kFlowControlError = 3, kStreamClosed = 5, kRefused = 7, kCancel = 8,
                   kCompressionError = 9, kCalm = 11;

uint64_t glitches(const Worker& worker, Glitch kind) {
  return worker.counters.glitches[static_cast<size_t>(kind)].value();
}

struct C4Http2 : test::ByHand {
  explicit C4Http2(const Http2Limits& limits = {}) : ByHand(limits) {}
  // Sends `bytes` again and again, with stream identifiers that rise, until the connection has ended; gives up after
  // many times.
  bool ends_after(const std::function<std::string(uint32_t)>& bytes, int at_most = 20'000) {
    for (int i = 0; i < at_most && !closed; ++i) {
      if (::send(peer.get(), bytes(static_cast<uint32_t>(2 * i + 1)).data(),
                 bytes(static_cast<uint32_t>(2 * i + 1)).size(), MSG_NOSIGNAL) < 0 &&
          errno != EAGAIN) {
        break;
      }
      if (i % 16 == 0) {
        worker.loop.turn(std::chrono::milliseconds(0));
        read();
      }
    }
    return until([&] { return closed; });
  }
  // The head is refused: the stream is reset, nothing is handed on, and the connection goes on.
  void expect_refused(std::string_view fields, uint32_t code = kProtocolError) {
    const uint32_t stream = next_;
    next_ += 2;
    send(request(stream, fields));
    EXPECT_TRUE(got(kResetFrame, code, stream));
    EXPECT_TRUE(server.streams.empty());
    server.streams.clear();
    EXPECT_FALSE(server.ended);
  }
  uint32_t next_ = 1;
};

TEST_F(C4Http2, C4_21_RapidResetsEndTheConnection) {
  EXPECT_TRUE(ends_after(
      [](uint32_t stream) { return request(stream, get_fields()) + frame(kResetFrame, 0, stream, number(kCancel)); }));
  EXPECT_TRUE(got(kGoawayFrame, kCalm));
  EXPECT_GE(glitches(worker, Glitch::kReset), 75u);
  EXPECT_EQ(worker.counters.glitch_ends.value(), 1u);
  EXPECT_EQ(server.session->open_streams(), 0u);
}

// Another sidecar carries the requests of many, and passes on what their deadlines do to a service that hangs.
TEST_F(C4Http2, C4_21_WhoIsToldToEndIsNotCutForGivingUpWhatItHad) {
  constexpr uint32_t kOpen = 201;  // streams 1, 3, ...
  std::string open;
  for (uint32_t stream = 1; stream <= kOpen; stream += 2) open += request(stream, get_fields());
  send(open);
  std::string rapid;
  for (uint32_t stream = kOpen + 2; stream < kOpen + 700; stream += 2) {
    rapid += request(stream, get_fields()) + frame(kResetFrame, 0, stream, number(kCancel));
  }
  send(rapid);
  ASSERT_TRUE(got(kGoawayFrame, kCalm));
  std::string resets;
  for (uint32_t stream = 3; stream <= kOpen; stream += 2) resets += frame(kResetFrame, 0, stream, number(kCancel));
  send(resets);
  ASSERT_TRUE(until([&] { return server.session->open_streams() == 1; }));
  const std::vector<Header> ok{{":status", "204"}};
  server.streams[0]->send_head(ok, true);
  EXPECT_TRUE(got(kHeadersFrame, ~0u, 1));
  EXPECT_EQ(worker.counters.glitch_cuts.value(), 0u);
}

TEST_F(C4Http2, C4_21_ResetsAmongAnswersAreNoOffence) {
  const std::vector<Header> ok{{":status", "204"}};
  server.on_stream = [&](Http2StreamPtr stream) { stream->send_head(ok, true); };
  for (uint32_t stream = 1; stream < 4000; stream += 4) {
    send(request(stream, get_fields()) + request(stream + 2, get_fields(), false));
    ASSERT_TRUE(got(kHeadersFrame, ~0u, stream));
    seen.clear();
    send(frame(kResetFrame, 0, stream + 2, number(kCancel)));
  }
  send(frame(kPingFrame, 0, 0, "12345678"));
  EXPECT_TRUE(got(kPingFrame));
  EXPECT_FALSE(closed);
}

TEST_F(C4Http2, C4_22_ContinuationsWithoutEndAreCapped) {
  send(frame(kHeadersFrame, kEndStream, 1, get_fields()));
  std::string many;
  for (int i = 0; i < 20; ++i) many += frame(kContinuationFrame, 0, 1, field("x", "y"));
  send(many);
  EXPECT_TRUE(got(kGoawayFrame, kCalm));
  EXPECT_TRUE(until([&] { return server.ended; }));
  EXPECT_TRUE(server.streams.empty());
  EXPECT_GT(glitches(worker, Glitch::kContinuation), 0u);
}

TEST_F(C4Http2, C4_22_ContinuationsAreCappedInBytesToo) {
  send(frame(kHeadersFrame, kEndStream, 1, get_fields()));
  std::string many;
  for (int i = 0; i < 8; ++i) many += frame(kContinuationFrame, 0, 1, field(cat("x", i), std::string(16'000, 'y')));
  send(many);
  EXPECT_TRUE(got(kGoawayFrame, kCalm));
  EXPECT_TRUE(until([&] { return server.ended; }));
}

TEST_F(C4Http2, C4_22_AHeadInAFewContinuationsIsARequest) {
  send(frame(kHeadersFrame, kEndStream, 1, get_fields()) + frame(kContinuationFrame, 0, 1, field("a", "b")) +
       frame(kContinuationFrame, kEndHeaders, 1, field("c", "d")));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  EXPECT_EQ(server.streams[0]->head(), "GET / HTTP/1.1\r\nhost: a\r\na: b\r\nc: d\r\n\r\n");
}

TEST_F(C4Http2, C4_23_AHeadThatIsTooLargeWhenDecodedIsAnswered431) {
  std::string fields = get_fields();
  for (int i = 0; i < 101; ++i) fields += field(cat("x", i), "y");
  send(request(1, fields));
  ASSERT_TRUE(until([&] { return !server.refused.empty(); }));
  EXPECT_EQ(server.refused[0].first, 431);
  EXPECT_TRUE(server.refused[0].second->head().empty());
  EXPECT_TRUE(server.streams.empty());
  EXPECT_FALSE(server.ended);
}

TEST_F(C4Http2, C4_23_AnHpackBombIsResetAndKeptInBounds) {
  // One field of 4,000 bytes goes into the table, and is named a thousand times by one byte each.
  const std::string value(4'000, 'v');
  std::string bomb = get_fields();
  bomb += cat(std::string("\x40\x01x\x7f\xa1\x1e", 6), value);
  bomb += std::string(1'000, '\xbe');
  send(request(1, bomb));
  EXPECT_TRUE(got(kResetFrame, kCalm, 1));
  EXPECT_TRUE(server.streams.empty() && server.refused.empty());
  EXPECT_GT(glitches(worker, Glitch::kBadHead), 0u);
}

TEST_F(C4Http2, C4_23_AnIndexOutOfRangeIsACompressionError) {
  send(request(1, get_fields("\xff\x80\x08")));
  EXPECT_TRUE(got(kGoawayFrame, kCompressionError));
}

TEST_F(C4Http2, C4_23_ATableLargerThanAllowedIsACompressionError) {
  send(request(1, cat(std::string("\x3f\xe2\x1f", 3), get_fields())));
  EXPECT_TRUE(got(kGoawayFrame, kCompressionError));
}

// Ever and again the table is emptied and filled: each request still is what it says.
TEST_F(C4Http2, C4_23_ATableWhoseSizeChangesWithEveryRequestConfusesNobody) {
  const std::vector<Header> ok{{":status", "204"}};
  std::string last;
  server.on_stream = [&](Http2StreamPtr stream) {
    last = stream->head();
    stream->send_head(ok, true);
  };
  for (uint32_t stream = 1; stream < 2000; stream += 2) {
    const std::string kept = cat(std::string("\x40\x01x", 3), '\x04', stream % 4 == 1 ? "this" : "that");
    send(request(stream, cat(std::string("\x20\x3f\xe1\x1f", 4), get_fields(), kept, std::string("\xbe", 1))));
    ASSERT_TRUE(got(kHeadersFrame, ~0u, stream));
    seen.clear();
    const std::string_view word = stream % 4 == 1 ? "this" : "that";
    ASSERT_EQ(last, cat("GET / HTTP/1.1\r\nhost: a\r\nx: ", word, "\r\nx: ", word, "\r\n\r\n"));
  }
}

TEST_F(C4Http2, C4_23_ThousandsOfTableSizesInOneHeadCostNothing) {
  std::string churn;
  for (int i = 0; i < 7'000; ++i) churn += i % 2 == 0 ? std::string(1, '\x20') : std::string("\x3f\xe1\x1f", 3);
  send(request(1, cat(churn, get_fields())));
  send(request(3, get_fields()));
  ASSERT_TRUE(until([&] { return server.streams.size() == 2; }));
  for (const Http2StreamPtr& stream : server.streams) EXPECT_EQ(stream->head(), "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
}

TEST_F(C4Http2, C4_24_FloodsOfSettingsEndTheConnection) {
  EXPECT_TRUE(ends_after([](uint32_t) { return settings(); }));
  EXPECT_GT(glitches(worker, Glitch::kSettings), 0u);
}

TEST_F(C4Http2, C4_24_FloodsOfPingsEndTheConnection) {
  EXPECT_TRUE(ends_after([](uint32_t) { return frame(kPingFrame, 0, 0, "12345678"); }));
  EXPECT_GT(glitches(worker, Glitch::kPing), 0u);
}

TEST_F(C4Http2, C4_24_FloodsOfPrioritiesEndTheConnection) {
  EXPECT_TRUE(ends_after([](uint32_t) { return frame(kPriorityFrame, 0, 1, number(0) + '\x10'); }));
  EXPECT_GT(glitches(worker, Glitch::kPriority), 0u);
}

TEST_F(C4Http2, C4_24_FloodsOfWindowUpdatesEndTheConnection) {
  EXPECT_TRUE(ends_after([](uint32_t) { return frame(kWindowFrame, 0, 0, number(1)); }));
  EXPECT_GT(glitches(worker, Glitch::kWindowUpdate), 0u);
}

TEST_F(C4Http2, C4_24_FloodsOfEmptyDataEndTheConnection) {
  send(request(1, post_fields(), false));
  EXPECT_TRUE(ends_after([](uint32_t) { return frame(kDataFrame, 0, 1); }));
  EXPECT_GT(glitches(worker, Glitch::kEmptyFrame), 0u);
}

// Nobody reads what is sent: the queue of acknowledgements has an end.
TEST_F(C4Http2, C4_24_AcknowledgementsThatNobodyReadsDoNotPileUp) {
  const std::string many = [] {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += frame(kPingFrame, 0, 0, "12345678");
    return text;
  }();
  for (int i = 0; i < 10'000 && !server.ended; ++i) {
    const ssize_t sent = ::send(peer.get(), many.data(), many.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) break;
    worker.loop.turn(std::chrono::milliseconds(0));
  }
  EXPECT_TRUE(test::turn_until(worker.loop, [&] { return server.ended; }));
}

// A client that measures as gRPC does: a PING and two WINDOW_UPDATEs for every piece of an answer.
TEST_F(C4Http2, C4_24_AMeasuringClientIsNoOffender) {
  send(request(1, get_fields()));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  const std::vector<Header> ok{{":status", "200"}};
  server.streams[0]->send_head(ok, false);
  for (int i = 0; i < 3000; ++i) {
    server.streams[0]->send_body("piece", false);
    ASSERT_TRUE(got(kDataFrame));
    seen.clear();
    send(frame(kPingFrame, 0, 0, "12345678") + frame(kWindowFrame, 0, 0, number(5)) +
         frame(kWindowFrame, 0, 1, number(5)));
  }
  EXPECT_TRUE(got(kPingFrame));
  EXPECT_EQ(worker.counters.glitch_ends.value(), 0u);
}

TEST_F(C4Http2, C4_25_AWindowOfZeroHoldsNothingButItsStream) {
  send(settings(std::string("\x00\x04\x00\x00\x00\x00", 6)) + request(1, get_fields()));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  Http2Stream& stream = *server.streams[0];
  const std::vector<Header> ok{{":status", "200"}};
  const std::string body(1'000'000, 'b');
  stream.send_head(ok, false);
  stream.send_body(body, true);
  ASSERT_TRUE(got(kHeadersFrame));
  for (int i = 0; i < 20; ++i) worker.loop.turn(std::chrono::milliseconds(1));
  read();
  EXPECT_FALSE(stream.drained());
  EXPECT_FALSE(got_already(kDataFrame));
  // What ends it is the stream's own time: its owner gives it up.
  server.streams.clear();
  EXPECT_TRUE(got(kResetFrame, kCancel, 1));
  EXPECT_TRUE(until([&] { return server.session->open_streams() == 0; }));
}

TEST_F(C4Http2, C4_25_WindowsOfOneByteAddUp) {
  send(settings(std::string("\x00\x04\x00\x00\x00\x01", 6)) + request(1, get_fields()));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  const std::vector<Header> ok{{":status", "200"}};
  const std::string body(1'000'000, 'b');
  server.streams[0]->send_head(ok, false);
  server.streams[0]->send_body(body, true);
  EXPECT_TRUE(ends_after([](uint32_t) { return frame(kWindowFrame, 0, 1, number(1)); }));
  EXPECT_GT(glitches(worker, Glitch::kWindowUpdate), 0u);
}

TEST_F(C4Http2, C4_26_AWindowThatOverflowsIsAFlowControlError) {
  send(request(1, get_fields()));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  send(frame(kWindowFrame, 0, 1, number(0x7fffffff)));
  EXPECT_TRUE(got(kResetFrame, kFlowControlError, 1));
  send(frame(kWindowFrame, 0, 0, number(0x7fffffff)));
  EXPECT_TRUE(got(kGoawayFrame, kFlowControlError));
}

TEST_F(C4Http2, C4_26_DataBeyondTheWindowIsAFlowControlError) {
  send(request(1, post_fields(), false));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  const std::string piece = frame(kDataFrame, 0, 1, std::string(16'384, 'd'));
  for (int i = 0; i < 20 && !closed; ++i) {
    send(piece);
    worker.loop.turn(std::chrono::milliseconds(0));
  }
  EXPECT_TRUE(got(kResetFrame, kFlowControlError, 1));
  EXPECT_LE(server.streams[0]->pending().size(), Http2Limits{}.stream_window);
}

TEST_F(C4Http2, C4_26_DataOnAnIdleStreamIsAConnectionError) {
  send(frame(kDataFrame, 0, 1, "d"));
  EXPECT_TRUE(got(kGoawayFrame, kProtocolError));
}

TEST_F(C4Http2, C4_26_DataOnAClosedStreamIsNotHandedOn) {
  send(request(1, get_fields()));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  send(frame(kDataFrame, 0, 1, "d"));
  EXPECT_TRUE(
      until([&] { return got_already(kResetFrame, kStreamClosed) || got_already(kGoawayFrame, kStreamClosed); }));
  EXPECT_TRUE(server.streams[0]->pending().empty());
}

TEST_F(C4Http2, C4_26_AStreamThatItsClientHasEndedStaysEnded) {
  const std::vector<Header> ok{{":status", "204"}};
  server.on_stream = [&](Http2StreamPtr stream) { stream->send_head(ok, true); };
  send(request(1, get_fields()));
  ASSERT_TRUE(got(kHeadersFrame, ~0u, 1));
  send(request(1, get_fields()));
  EXPECT_TRUE(got(kGoawayFrame, kStreamClosed));
}

TEST_F(C4Http2, C4_26_AStreamThatWasSkippedIsNotOpenedAnyMore) {
  const std::vector<Header> ok{{":status", "204"}};
  server.on_stream = [&](Http2StreamPtr stream) { stream->send_head(ok, true); };
  send(request(5, get_fields()));
  ASSERT_TRUE(got(kHeadersFrame, ~0u, 5));
  send(request(3, get_fields()));
  EXPECT_TRUE(got(kGoawayFrame, kProtocolError));
}

// An upload that was answered early is still on its way when its stream is reset, and so are its trailers.
TEST_F(C4Http2, C4_26_WhatComesOnAStreamThatWeHaveResetIsIgnored) {
  const std::vector<Header> no{{":status", "413"}};
  server.on_stream = [&](Http2StreamPtr stream) { stream->send_head(no, true); };
  send(request(1, post_fields(), false));
  ASSERT_TRUE(got(kResetFrame, 0, 1));
  send(frame(kDataFrame, 0, 1, "more") + frame(kHeadersFrame, kEndHeaders | kEndStream, 1, field("x", "y")));
  send(request(3, get_fields()));
  EXPECT_TRUE(got(kHeadersFrame, ~0u, 3));
  EXPECT_FALSE(got_already(kGoawayFrame));
}

TEST_F(C4Http2, C4_26_AStreamIdentifierThatIsEvenOrFallsIsAConnectionError) {
  send(request(3, get_fields()));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  send(request(2, get_fields()));
  EXPECT_TRUE(got(kGoawayFrame, kProtocolError));
}

TEST_F(C4Http2, C4_26_StreamsBeyondThoseAllowedAreRefused) {
  for (uint32_t stream = 1; stream <= 2 * Http2Limits{}.max_streams + 1; stream += 2) {
    send(request(stream, get_fields()));
    worker.loop.turn(std::chrono::milliseconds(0));
  }
  EXPECT_TRUE(got(kResetFrame, kRefused, 2 * Http2Limits{}.max_streams + 1));
  EXPECT_EQ(server.streams.size(), Http2Limits{}.max_streams);
}

TEST_F(C4Http2, C4_27_DataAfterAResetInTheSameReadIsNotHandedOn) {
  send(request(1, post_fields(), false));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  send(frame(kDataFrame, 0, 1, "before") + frame(kResetFrame, 0, 1, number(kCancel)) +
       frame(kDataFrame, 0, 1, "after") + frame(kPingFrame, 0, 0, "12345678"));
  ASSERT_TRUE(until([&] { return server.streams[0]->end() != StreamEnd::kNone; }));
  EXPECT_EQ(server.streams[0]->end(), StreamEnd::kReset);
  EXPECT_EQ(server.streams[0]->pending(), "before");
}

TEST_F(C4Http2, C4_27_ARequestThatIsResetInTheSameReadIsNeverSeen) {
  send(request(1, get_fields()) + frame(kResetFrame, 0, 1, number(kCancel)) + frame(kPingFrame, 0, 0, "12345678"));
  EXPECT_TRUE(got(kPingFrame));
  EXPECT_TRUE(server.streams.empty());
  EXPECT_EQ(server.session->open_streams(), 0u);
}

TEST_F(C4Http2, C4_28_PseudoHeadersThatAreMissingTwiceUnknownOrLateAreRefused) {
  expect_refused(cat(field(":method", "GET"), field(":scheme", "http"), field(":authority", "a")));
  expect_refused(cat(field(":method", "GET"), field(":authority", "a"), field(":path", "/")));
  expect_refused(get_fields(field(":path", "/x")));
  expect_refused(get_fields(field(":status", "200")));
  expect_refused(get_fields(field(":x", "y")));
  expect_refused(cat(field(":method", "GET"), field(":scheme", "http"), field("x", "y"), field(":path", "/")));
}

TEST_F(C4Http2, C4_28_APathThatIsEmptyOrNoPathIsRefused) {
  const auto with_path = [](std::string_view path) {
    return cat(field(":method", "GET"), field(":scheme", "http"), field(":authority", "a"), field(":path", path));
  };
  expect_refused(with_path(""));
  expect_refused(with_path("x"));
  expect_refused(with_path("http://a/"));
  expect_refused(with_path("/a b"));
  expect_refused(with_path("/ HTTP/1.1\r\nx: y"));
  expect_refused(with_path("/\r\n"));
  expect_refused(with_path(std::string_view("/\0", 2)));
  expect_refused(with_path("/\x7f"));
  expect_refused(with_path("/\x91"));
}

TEST_F(C4Http2, C4_28_SpacesAndLineEndsAreRefusedWhereverTheyStand) {
  const auto with = [](std::string_view name, std::string_view value) {
    return cat(field(":method", name == ":method" ? value : "GET"),
               field(":scheme", name == ":scheme" ? value : "http"),
               field(":authority", name == ":authority" ? value : "a"), field(":path", "/"));
  };
  for (const std::string_view value :
       {"GET ", " GET", "GE T", "GET\r\n", "GET / HTTP/1.1\r\nx: y\r\n\r\nGET", "", "(GET)"}) {
    expect_refused(with(":method", value));
  }
  for (const std::string_view value : {"a b", "a\r\nx: y", "a\n", " a", "a "})
    expect_refused(with(":authority", value));
  for (const std::string_view value : {"ht tp", "http\r\n", ""}) expect_refused(with(":scheme", value));
  for (const std::string_view value : {"y\r\nz: 1", "y\nz", "y\rz", "y\r", " y", "y ", "\ty"}) {
    expect_refused(get_fields(field("x", value)));
  }
  expect_refused(get_fields(field("x", std::string_view("y\0z", 3))));
  for (const std::string_view name : {"x y", "x:", "x\r\ny", "x\n", "X", "xY", ""}) {
    expect_refused(get_fields(field(name, "v")));
  }
}

TEST_F(C4Http2, C4_28_AnAuthorityAndAHostThatDifferAreRefused) {
  expect_refused(get_fields(field("host", "b")));
  expect_refused(get_fields(cat(field("host", "a"), field("host", "b"))));
  send(request(next_, get_fields(field("host", "A"))));
  ASSERT_TRUE(until([&] { return !server.streams.empty(); }));
  EXPECT_EQ(server.streams[0]->head(), "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
}

TEST_F(C4Http2, C4_28_FieldsOfAConnectionAreRefused) {
  for (const std::string_view name : {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    expect_refused(get_fields(field(name, "x")));
  }
  expect_refused(get_fields(field("te", "gzip")));
  expect_refused(get_fields(field("te", "trailers, deflate")));
  send(request(next_, get_fields(field("te", "trailers"))));
  EXPECT_TRUE(until([&] { return !server.streams.empty(); }));
}

TEST_F(C4Http2, C4_28_AProtocolBelongsToAConnect) {
  expect_refused(get_fields(field(":protocol", "websocket")));
  expect_refused(cat(field(":method", "CONNECT"), field(":protocol", "web socket"), field(":scheme", "http"),
                     field(":authority", "a"), field(":path", "/")));
}

TEST_F(C4Http2, C4_29_ABodyThatIsNotAsLongAsItSaysIsReset) {
  send(request(1, post_fields(field("content-length", "5")), false) + frame(kDataFrame, kEndStream, 1, "four"));
  EXPECT_TRUE(got(kResetFrame, kProtocolError, 1));
  ASSERT_EQ(server.streams.size(), 1u);
  EXPECT_FALSE(server.streams[0]->peer_ended());
  EXPECT_TRUE(until([&] { return server.streams[0]->end() == StreamEnd::kPeerViolation; }));

  send(request(3, post_fields(field("content-length", "5")), false) + frame(kDataFrame, 0, 3, "sixsix"));
  EXPECT_TRUE(got(kResetFrame, kProtocolError, 3));
  send(request(5, post_fields(field("content-length", "5")), true));
  EXPECT_TRUE(got(kResetFrame, kProtocolError, 5));
  send(request(7, post_fields(cat(field("content-length", "5"), field("content-length", "6"))), false));
  EXPECT_TRUE(got(kResetFrame, kProtocolError, 7));
  send(request(9, post_fields(field("content-length", "+5")), false));
  EXPECT_TRUE(got(kResetFrame, kProtocolError, 9));
}

TEST_F(C4Http2, C4_30_TrailersWithPseudoHeadersOrWithoutAnEndAreReset) {
  send(request(1, post_fields(), false) + frame(kHeadersFrame, kEndHeaders | kEndStream, 1, field(":path", "/")));
  EXPECT_TRUE(got(kResetFrame, kProtocolError, 1));
  send(request(3, post_fields(), false) + frame(kHeadersFrame, kEndHeaders, 3, field("x", "y")));
  EXPECT_TRUE(got(kResetFrame, kProtocolError, 3));
  std::string many;
  for (int i = 0; i < 101; ++i) many += field(cat("x", i), "y");
  send(request(5, post_fields(), false) + frame(kHeadersFrame, kEndHeaders | kEndStream, 5, many));
  EXPECT_TRUE(got(kResetFrame, kCalm, 5));
}

struct C4Http2Slow : C4Http2 {
  C4Http2Slow() { times.head = std::chrono::milliseconds(20); }
};

TEST_F(C4Http2Slow, C4_10_AHeadThatTakesTooLongEndsTheConnection) {
  send(frame(kHeadersFrame, kEndStream, 1, get_fields()));
  EXPECT_TRUE(got(kGoawayFrame, kCalm));
  EXPECT_EQ(glitches(worker, Glitch::kSlowHead), 1u);
}

TEST_F(C4Http2Slow, C4_10_AHeadWhoseFrameStopsHalfwayEndsTheConnection) {
  send(request(1, get_fields()).substr(0, 20));
  EXPECT_TRUE(got(kGoawayFrame, kCalm));
}

// Identifiers are used up after 2^30 streams: a new connection takes over before.
struct C4Http2Ids : test::BackToBack {
  static Http2Limits late() {
    Http2Limits limits;
    limits.first_stream = 0x7ffffffb;
    return limits;
  }
  C4Http2Ids() : BackToBack(late()) {}
};

TEST_F(C4Http2Ids, C4_33_AClientThatRunsOutOfStreamsIsFinishedInOrder) {
  start();
  std::vector<Http2StreamPtr> streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(client.session->open());
    ASSERT_NE(streams.back(), nullptr) << i;
    asked(*streams.back());
  }
  EXPECT_EQ(client.session->open(), nullptr);
  EXPECT_TRUE(client.session->finished());
  const std::vector<Header> ok{{":status", "200"}};
  for (Http2StreamPtr& stream : server.streams) stream->send_head(ok, true);
  for (Http2StreamPtr& stream : streams) EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
}

}  // namespace
}  // namespace weft::proxy
