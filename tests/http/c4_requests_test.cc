// Bad input from clients: cases 1-12, 14 and 18-20 of the fault catalogue, as bytes on the wire of a real listener. The
// service behind it must see nothing of what is refused.
#include <poll.h>

#include <algorithm>

#include "tests/http/test_exchange.h"
#include "tests/support/corpus.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;
using weft::test::corpus_file;
using weft::test::corpus_files;
using weft::test::CorpusFile;

struct C4Requests : HttpTest {
  void SetUp() override { serve_http(); }
  // `status` with a reason, the connection closed, nothing forwarded.
  void expect_refused(std::string_view request, unsigned status = 400) {
    Peer client = this->client();
    send_what_goes(client, request);
    const std::string answer = client.rest();
    EXPECT_EQ(status_of(answer), status) << request.substr(0, 200);
    EXPECT_NE(answer.find("x-weft-reason: "), std::string::npos);
    EXPECT_TRUE(has_line(answer, "connection: close")) << answer;
    EXPECT_FALSE(called()) << "forwarded: " << request.substr(0, 200);
  }
  // The corpus's heads whose names begin with `prefix`. "case04_501_what" is refused with 501, "case04_what" with 400.
  void expect_refused_files(std::string_view prefix) {
    for (const CorpusFile& file : corpus_files("http_head", prefix)) {
      SCOPED_TRACE(file.name);
      unsigned status = 400;
      if (file.name.size() > 11 && file.name[10] == '_') parse_number(file.name.substr(7, 3), status);
      expect_refused(file.bytes, status);
    }
  }
  // The proxy may have closed before all was sent.
  static void send_what_goes(Peer& client, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(client.socket().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  bool called() {
    pollfd waiting{service.socket.get(), POLLIN, 0};
    return poll(&waiting, 1, 0) != 0;
  }
  // The request as the service sees it.
  std::string forwarded(std::string_view request) {
    Peer client = this->client();
    client.send(request);
    Peer server = accept();
    const std::string seen = server.head();
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    EXPECT_EQ(status_of(client.head()), 200u);
    return seen;
  }
  void serve_inbound() {
    destination = std::make_shared<Destination>(*destination);
    destination->direction = Direction::kInbound;
    serve_http();
  }
};

constexpr std::string_view kChunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kEmptyAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

TEST_F(C4Requests, C4_01_ContentLengthAndTransferEncodingBothAreRefused) { expect_refused_files("case01_"); }

TEST_F(C4Requests, C4_02_TwoContentLengthsAreRefusedAlsoWhenEqual) { expect_refused_files("case02_"); }

TEST_F(C4Requests, C4_03_AContentLengthThatIsNotPlainDigitsIsRefused) { expect_refused_files("case03_"); }

TEST_F(C4Requests, C4_04_TransferCodingsOtherThanChunkedAreRefused) { expect_refused_files("case04_"); }

TEST_F(C4Requests, C4_05_MalformedChunksAreRefused) {
  for (const CorpusFile& file : corpus_files("chunked", "case05_")) {
    SCOPED_TRACE(file.name);
    // What is wrong in the first bytes is refused before the service is called; what follows a good chunk may not be.
    Peer client = this->client();
    send_what_goes(client, cat(kChunked, file.bytes));
    EXPECT_EQ(status_of(client.rest()), 400u);
    while (called()) EXPECT_FALSE(accept().rest().ends_with("0\r\n\r\n"));
  }
  expect_refused(cat(kChunked, "5;", std::string(1000000, 'x'), "\r\nhello\r\n0\r\n\r\n"));
}

TEST_F(C4Requests, C4_05_ABadChunkInTheMiddleEndsTheCallAndNeverLooksComplete) {
  Peer client = this->client();
  client.send(cat(kChunked, "5\r\nhello\r\n"));
  Peer server = accept();
  EXPECT_EQ(server.until("hello\r\n").substr(0, 5), "POST ");
  client.send("zz\r\n");
  EXPECT_EQ(status_of(client.rest()), 400u);
  EXPECT_EQ(server.rest(), "");
}

TEST_F(C4Requests, C4_06_LineEndsFoldsAndSpacesBeforeTheColonAreRefused) { expect_refused_files("case06_"); }

TEST_F(C4Requests, C4_07_ControlCharactersAreRefusedEverywhere) { expect_refused_files("case07_"); }

TEST_F(C4Requests, C4_08_MissingDoubledOrMalformedHostsAreRefused) { expect_refused_files("case08_"); }

TEST_F(C4Requests, C4_08_AnAbsoluteTargetIsTheOnlyAuthorityThatIsForwarded) {
  const std::string seen = forwarded("GET http://real:81/x HTTP/1.1\r\nHost: other\r\nA: b\r\n\r\n");
  EXPECT_TRUE(seen.starts_with("GET /x HTTP/1.1\r\nhost: real:81\r\nA: b\r\n")) << seen;
  EXPECT_EQ(seen.find("other"), std::string::npos);
}

TEST_F(C4Requests, C4_09_LongRequestLinesAre414AndLargeHeads431) {
  expect_refused_files("case09_");
  expect_refused(cat("GET / HTTP/1.1\r\nHost: a\r\nX: ", std::string(64 * 1024, 'a'), "\r\n\r\n"), 431);
  EXPECT_GE(failures(Reason::kHeadersTooLarge), 3u);
}

TEST_F(C4Requests, C4_09_TooManyHeadersAre431AndTheConnectionSurvives) {
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) many += "a: b\r\n";
  Peer client = this->client();
  client.send(many + "\r\n");
  EXPECT_EQ(status_of(client.message()), 431u);
  client.send(cat("GET / HTTP/1.1\r\nHost: a\r\nX: ", std::string(60 * 1024, 'a'), "\r\n\r\n"));
  EXPECT_EQ(status_of(client.message()), 431u);
  client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  EXPECT_TRUE(server.head().starts_with("GET /after "));
}

// Head by head: one line a second at most, so each meets a proxy that was silent so far.
TEST_F(C4Requests, C4_09_TheLogNamesWhoWasRefused) {
  const std::string many = [] {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 100; ++i) text += "a: b\r\n";
    return text + "Connection: close\r\n\r\n";
  }();
  const std::pair<unsigned, std::string> requests[] = {
      {414, corpus_file("http_head/case09_414_long_line")},
      {431, cat("GET / HTTP/1.1\r\nHost: a\r\nX: ", std::string(61 * 1024, 'a'), "\r\n\r\n")},
      {431, many},
      {400, "GET / HTTP/1.1\r\n\r\n"}};
  for (const auto& [status, request] : requests) {
    data_plane.reset();
    serve_http();
    ::testing::internal::CaptureStderr();
    Peer client = this->client();
    sockaddr_in own{};
    socklen_t length = sizeof own;
    getsockname(client.socket().get(), reinterpret_cast<sockaddr*>(&own), &length);
    send_what_goes(client, request);
    EXPECT_EQ(status_of(client.rest()), status);
    const std::string log = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find(cat("peer=127.0.0.1:", ntohs(own.sin_port), " ")), std::string::npos) << log;
    EXPECT_NE(log.find(cat("status=", status)), std::string::npos) << log;
  }
}

TEST_F(C4Requests, C4_09_AFloodOfThemIsALineASecond) {
  ::testing::internal::CaptureStderr();
  const TimePoint begun = Clock::now();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(status_of(refusal_of("GET / HTTP/1.1\r\n\r\n")), 400u);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun).count();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 1 + seconds) << log;
  EXPECT_EQ(failures(Reason::kDownstreamProtocolError), 50u);
}

TEST_F(C4Requests, C4_10_HeadsThatDripAreEndedByTheHeadersTimeoutAndHoldNobodyUp) {
  destination = std::make_shared<Destination>(*destination);
  destination->connection.request_headers_timeout = std::chrono::milliseconds(300);
  serve_http();
  const TimePoint begun = Clock::now();
  std::vector<Peer> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(client());
    slow.back().send(corpus_file("http_head/case10_drip"));
  }
  Peer other = client();
  other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  server.head();
  server.send(kEmptyAnswer);
  EXPECT_EQ(status_of(other.head()), 200u);
  // A byte now and then buys no time.
  pollfd waiting{slow[0].socket().get(), POLLIN, 0};
  while (poll(&waiting, 1, 20) == 0) slow[0].send("x");
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
  for (Peer& peer : slow) {
    const std::string answer = peer.rest();
    EXPECT_EQ(status_of(answer), 408u);
    EXPECT_TRUE(has_line(answer, "connection: close"));
  }
}

TEST_F(C4Requests, C4_10_ABodyThatStopsIsEndedByTheStreamIdleTimeout) {
  destination = std::make_shared<Destination>(*destination);
  plan().stream_idle_timeout = std::chrono::milliseconds(40);
  serve_http();
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nhello");
  Peer server = accept();
  EXPECT_EQ(status_of(client.rest()), 408u);
  EXPECT_NE(server.rest().find("hello"), std::string::npos);
}

TEST_F(C4Requests, C4_11_PipelinedRequestsAreAnsweredInOrder) {
  Peer client = this->client();
  client.send(corpus_file("http_head/case11_pipelined"));
  Peer server = accept();
  for (const std::string_view path : {"/1", "/2", "/3"}) {
    const std::string seen = server.message();
    EXPECT_NE(seen.find(path), std::string::npos);
    server.send(cat("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", path));
    EXPECT_TRUE(client.message().ends_with(path));
  }
}

TEST_F(C4Requests, C4_11_WhatFollowsConnectionCloseIsDiscarded) {
  Peer client = this->client();
  client.send(corpus_file("http_head/case11_behind_close"));
  Peer server = accept();
  EXPECT_TRUE(server.head().starts_with("GET /1 "));
  server.send(kEmptyAnswer);
  EXPECT_TRUE(has_line(client.rest(), "connection: close"));
  pollfd waiting{server.socket().get(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
}

TEST_F(C4Requests, C4_12_ABodyAfterTheAnswerIsReadForAWhileThenTheConnectionCloses) {
  Peer client = this->client();
  client.send(corpus_file("http_head/case12_large_upload"));
  Peer server = accept();
  server.until("hello");
  server.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig");
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 413u);
  EXPECT_TRUE(has_line(answer, "connection: close"));
  client.send(std::string(200000, 'x'));  // does not reset what was just read
  EXPECT_TRUE(client.closed());
}

TEST_F(C4Requests, C4_12_ABodyWithoutEndAfterTheAnswerIsNotReadForever) {
  Peer client = this->client();
  client.send(kChunked);
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig");
  EXPECT_EQ(status_of(client.message()), 413u);
  const std::string chunk = cat("8000\r\n", std::string(0x8000, 'x'), "\r\n");
  size_t sent = 0;
  for (ssize_t some = 1; some > 0 && sent<100'000'000; sent += some> 0 ? static_cast<size_t>(some) : 0) {
    some = ::send(client.socket().get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
  }
  EXPECT_LT(sent, 30'000'000u);  // 1 MiB, and what the kernel takes on the way
}

TEST_F(C4Requests, C4_14_OtherProtocolsAreRefusedAtTheFirstRead) {
  expect_refused_files("case14_");
  Peer client = this->client();
  client.send(corpus_file("http_head/case14_tls"));
  EXPECT_NE(client.rest().find("TLS on a plaintext port"), std::string::npos);
}

TEST_F(C4Requests, C4_14_AnHttp2PrefaceThatBreaksOffIsRefusedToo) {
  Peer client = this->client();
  client.send("PRI * HTTP/2.0\r\nHost: a\r\n\r\n");
  client.rest();
  EXPECT_FALSE(called());
}

TEST_F(C4Requests, C4_18_UnderscoresAndRepeatedNamesAreAllForwarded) {
  const std::string seen = forwarded(corpus_file("head_edits/case18_names"));
  EXPECT_NE(seen.find("X_Role: a\r\nx-role: b\r\nX-Role: c\r\n"), std::string::npos);
}

TEST_F(C4Requests, C4_18_WhereUnderscoresAreRefusedNothingIsForwarded) {
  data_plane.reset();
  start(1, {.refuse_underscores = true});
  serve_http();
  expect_refused(corpus_file("head_edits/case18_names"));
  expect_refused(corpus_file("head_edits/case18_underscored_identity"));
  EXPECT_EQ(failures(Reason::kDownstreamProtocolError), 2u);
  forwarded("GET /with_one HTTP/1.1\r\nHost: a\r\nX-Role: in_a_value\r\n\r\n");
}

TEST_F(C4Requests, C4_19_ConnectionCannotStripHeadersThatMatterForSecurity) {
  const std::string seen = forwarded(corpus_file("head_edits/case19_connection_names_fields"));
  EXPECT_TRUE(has_line(seen, "Authorization: secret"));
  EXPECT_TRUE(has_line(seen, "X-Forwarded-For: 10.1.2.3"));
  EXPECT_TRUE(has_line(seen, "TE: trailers"));
  EXPECT_TRUE(has_line(seen, "Proxy-Authorization: b"));
  for (const std::string_view gone :
       {"X-Forwarded-Client-Cert", "X-Hop", "Keep-Alive", "Proxy-Connection", "Connection:"}) {
    EXPECT_EQ(seen.find(gone), std::string::npos) << gone;
  }
}

TEST_F(C4Requests, C4_20_IdentityHeadersOfAClientEndAtTheInbound) {
  serve_inbound();
  const std::string seen = forwarded(corpus_file("head_edits/case20_claims"));
  EXPECT_EQ(seen.find("evil"), std::string::npos);
  EXPECT_EQ(lower(seen).find("x-weft"), std::string::npos);
  EXPECT_EQ(seen.find("trace"), std::string::npos);
  EXPECT_TRUE(has_line(seen, "X-Forwarded-For: 1.2.3.4"));
}

TEST_F(C4Requests, C4_20_AValidTraceIsKept) {
  serve_inbound();
  const std::string seen = forwarded(corpus_file("head_edits/case20_trace"));
  EXPECT_TRUE(has_line(seen, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_TRUE(has_line(seen, "tracestate: a=b"));
}

TEST_F(C4Requests, C4_20_ATraceThatIsNoneIsDroppedWithItsState) {
  serve_inbound();
  for (const CorpusFile& file : corpus_files("head_edits", "case20_trace_bad_")) {
    EXPECT_EQ(lower(forwarded(file.bytes)).find("trace"), std::string::npos) << file.name;
  }
}

}  // namespace
}  // namespace weft::proxy
