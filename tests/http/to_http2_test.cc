// Clients of HTTP/1.1, services of HTTP/2: framing is taken off and made, everything else is as between equals.
#include <algorithm>
#include <thread>
#include <utility>

#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::Http2Test;
using test::Peer;
using test::status;
using test::status_of;

struct ToHttp2 : Http2Test {
  RetryRule rule;
  void serve_http2() {
    destination->protocol = Protocol::kHttp2;
    serve_http();
  }
};

constexpr std::string_view kGet =
    "GET /a?b HTTP/1.1\r\nHost: backend\r\nX-Case: Kept\r\nConnection: keep-alive\r\n\r\n";

TEST_F(ToHttp2, ARequestBecomesAStreamAndItsAnswerText) {
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  const std::string head(stream->head());
  EXPECT_TRUE(head.starts_with("GET /a?b HTTP/1.1\r\nhost: backend\r\nx-case: Kept\r\nx-forwarded-proto: http\r\n"))
      << head;
  EXPECT_EQ(head.find("connection"), std::string::npos);
  EXPECT_EQ(head.find("x-weft-names"), std::string::npos);
  EXPECT_TRUE(stream->peer_ended());
  const test::Fields fields{{":status", "200"}, {"content-length", "5"}, {"set-cookie", "a"}, {"set-cookie", "b"}};
  stream->send_head(fields, false);
  stream->send_body("hello", true);
  flush();
  EXPECT_EQ(client.message(), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nset-cookie: a\r\nset-cookie: b\r\n\r\nhello");
  client.send("HEAD /second HTTP/1.1\r\nHost: backend\r\n\r\n");
  stream = next(*service);
  ASSERT_NE(stream, nullptr);
  const test::Fields head_fields{{":status", "200"}, {"content-length", "7"}};
  stream->send_head(head_fields, true);
  flush();
  EXPECT_EQ(client.head(), "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n");
  client.send("GET /third HTTP/1.1\r\nHost: backend\r\n\r\n");
  stream = next(*service);
  answer(*stream, "204");
  EXPECT_EQ(client.head(), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(service->end.session->open_streams(), 0u);
}

TEST_F(ToHttp2, ContentOfUnknownLengthIsChunkedAndTrailersPassBothWays) {
  serve_http2();
  Peer client = this->client();
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nping\r\n3\r\npon\r\n0\r\nX-Sum: 1\r\n\r\n");
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(stream->head().find("transfer-encoding"), std::string_view::npos);
  EXPECT_EQ(content_of(*stream), "pingpon");
  EXPECT_EQ(stream->trailers(), "x-sum: 1\r\n");
  stream->send_head(status("200"), false);
  stream->send_body("pong", false);
  flush();
  EXPECT_TRUE(has_line(client.head(), "transfer-encoding: chunked"));
  EXPECT_EQ(client.exactly(9), "4\r\npong\r\n");
  until([&] { return stream->drained(); });
  const test::Fields trailers{{"x-back", "2"}};
  stream->send_trailers(trailers);
  flush();
  EXPECT_EQ(client.until("\r\n\r\n"), "0\r\nx-back: 2\r\n\r\n");
  client.send(kGet);
  stream = next(*service);
  answer(*stream);
  EXPECT_TRUE(has_line(client.head(), "content-length: 0"));
}

// HTTP/1.1 has trailers behind chunks only (RFC 9112 section 7.1.2).
TEST_F(ToHttp2, AnnouncedTrailersBehindAKnownLengthReachWhoAsksForThem) {
  serve_http2();
  Peer client = this->client();
  std::unique_ptr<Wire> service;
  for (const bool asks : {true, false}) {
    client.send(cat("GET / HTTP/1.1\r\nHost: a\r\n", asks ? "TE: trailers\r\nConnection: TE\r\n" : "", "\r\n"));
    if (service == nullptr) service = service2();
    Http2StreamPtr stream = next(*service);
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(has_line(stream->head(), "te: trailers"), asks);
    const test::Fields fields{{":status", "200"}, {"content-length", "4"}, {"trailer", "x-sum"}};
    stream->send_head(fields, false);
    stream->send_body("pong", false);
    until([&] { return stream->drained(); });
    const test::Fields trailers{{"x-sum", "2"}};
    stream->send_trailers(trailers);
    flush();
    if (asks) {
      const std::string head = client.head();
      EXPECT_TRUE(has_line(head, "transfer-encoding: chunked"));
      EXPECT_EQ(head.find("content-length"), std::string::npos);
      EXPECT_EQ(client.until("x-sum: 2\r\n\r\n"), "4\r\npong\r\n0\r\nx-sum: 2\r\n\r\n");
    } else {
      EXPECT_EQ(client.message(), "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntrailer: x-sum\r\n\r\npong");
    }
  }
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
  Http2StreamPtr stream = next(*service);
  const test::Fields fields{{":status", "200"}, {"content-length", "4"}, {"trailer", "x-sum"}};
  stream->send_head(fields, true);
  flush();
  EXPECT_TRUE(has_line(client.head(), "content-length: 4"));
}

TEST_F(ToHttp2, CarriesLargeBodiesBothWaysAndAnswersBeforeTheEnd) {
  serve_http2();
  Peer client = this->client();
  std::string up(3000000, 'u');
  std::string down(3000000, 'd');
  for (size_t i = 0; i < up.size(); i += 1000) up[i] = down[i] = static_cast<char>('a' + i / 1000 % 26);
  std::thread sender(
      [&] { client.send(cat("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ", up.size(), "\r\n\r\n", up)); });
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  stream->send_head(status("200"), false);
  flush();
  EXPECT_TRUE(content_of(*stream) == up);
  sender.join();
  EXPECT_EQ(status_of(client.head()), 200u);
  std::string got;
  std::thread reader([&] { got = client.until("0\r\n\r\n"); });
  stream->send_body(down, true);
  until([&] { return stream->drained(); });
  flush();
  reader.join();
  std::string content;
  for (size_t at = 0; at < got.size();) {
    const size_t line = got.find("\r\n", at);
    const size_t size = std::stoul(got.substr(at, line - at), nullptr, 16);
    content += got.substr(line + 2, size);
    at = line + 2 + size + 2;
    if (size == 0) break;
  }
  EXPECT_TRUE(content == down);
}

TEST_F(ToHttp2, InterimAnswersPass) {
  serve_http2();
  Peer client = this->client();
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(has_line(stream->head(), "expect: 100-continue"));
  stream->send_head(status("100"), false);
  flush();
  EXPECT_EQ(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_EQ(content_of(*stream), "body");
  const test::Fields hints{{":status", "103"}, {"link", "</a>"}};
  stream->send_head(hints, false);
  answer(*stream, "200", "x");
  EXPECT_EQ(client.head(), "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
  EXPECT_EQ(status_of(client.head()), 200u);
}

TEST_F(ToHttp2, ManyClientsWaitForOneConnection) {
  serve_http2();
  std::vector<Peer> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(this->client());
    clients.back().send(kGet);
  }
  const auto service = service2();
  for (int i = 0; i < 8; ++i) {
    Http2StreamPtr stream = next(*service);
    ASSERT_NE(stream, nullptr);
    answer(*stream);
  }
  for (Peer& client : clients) EXPECT_EQ(status_of(client.head()), 200u);
  EXPECT_EQ(sum([](const DestinationCounters& counters) { return counters.connections_opened.value(); }), 1u);
}

TEST_F(ToHttp2, AnotherConnectionIsOpenedWhenTheServiceAllowsNoMoreStreams) {
  serve_http2();
  Http2Limits limits;
  limits.max_streams = 1;
  Peer first = this->client();
  first.send(kGet);
  const auto service = service2(limits);
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  Peer second = this->client();
  second.send(kGet);
  const auto other = service2(limits);
  Http2StreamPtr another = next(*other);
  ASSERT_NE(another, nullptr);
  answer(*another, "201");
  answer(*stream, "200");
  EXPECT_EQ(status_of(first.head()), 200u);
  EXPECT_EQ(status_of(second.head()), 201u);
}

// So many requests come while one connection is being opened, for a service that allows fewer on it.
struct Crowd : ToHttp2 {
  static constexpr size_t kRequests = 120, kAllowed = 100;
  std::unique_ptr<Wire> client;
  std::vector<Http2StreamPtr> asked;
  void come() {
    serve_http2();
    client = client2();
    ASSERT_TRUE(until([&] { return client->end.session->settled(); }));
    for (size_t i = 0; i < kRequests; ++i) {
      asked.push_back(client->end.session->open());
      asked.back()->send_head(test::get(), true);
    }
    flush();
  }
  bool has(Wire& service, size_t count) {
    return until([&] { return service.end.streams.size() == count; });
  }
  size_t answered() const {
    return static_cast<size_t>(std::count_if(asked.begin(), asked.end(), [](const Http2StreamPtr& stream) {
      return stream->head().starts_with("HTTP/1.1 204");
    }));
  }
};

TEST_F(Crowd, WhoFindsNoRoomGetsAnotherConnection) {
  come();
  const auto service = service2({.max_streams = kAllowed});
  EXPECT_TRUE(has(*service, kAllowed));
  const auto other = service2({.max_streams = kAllowed});
  EXPECT_TRUE(has(*other, kRequests - kAllowed));
}

TEST_F(Crowd, WhoWaitsForRoomOnAConnectionThatGoesAwayGetsAnother) {
  LimitRule limits;
  limits.connections = 1;
  plan().limits = &limits;
  come();
  const auto service = service2({.max_streams = kAllowed});
  EXPECT_TRUE(has(*service, kAllowed));
  service->end.session->drain();
  flush();
  const auto other = service2({.max_streams = kAllowed});
  EXPECT_TRUE(has(*other, kRequests - kAllowed));
  for (size_t i = kAllowed; i < kRequests; ++i) answer(*next(*other), "204");
  EXPECT_TRUE(until([&] { return answered() == kRequests - kAllowed; })) << answered();
  data_plane.reset();  // before `limits`
}

TEST_F(ToHttp2, AnAnswerBeforeTheEndOfTheRequestFreesItsStream) {
  serve_http2();
  std::unique_ptr<Wire> service;
  for (const uint32_t code : {0u, 8u}) {  // NO_ERROR: no more of the request is wanted; and who just goes on
    Peer client = this->client();
    client.send(cat("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n", std::string(100'000, 'u')));
    if (service == nullptr) service = service2();
    Http2StreamPtr stream = next(*service);
    ASSERT_NE(stream, nullptr);
    stream->send_head(status("200"), false);
    stream->send_body("early", true);
    until([&] { return stream->drained(); });
    flush();
    if (code == 0) stream.reset();
    EXPECT_TRUE(has_line(client.head(), "transfer-encoding: chunked"));
    EXPECT_EQ(client.until("0\r\n\r\n"), "5\r\nearly\r\n0\r\n\r\n");
    EXPECT_TRUE(stream == nullptr || ended(*stream, StreamEnd::kReset));
    EXPECT_TRUE(until([&] { return service->end.session->open_streams() == 0; }));
  }
  Peer client = this->client();
  client.send(kGet);
  answer(*next(*service));
  EXPECT_EQ(status_of(client.head()), 200u);
  EXPECT_EQ(failures(Reason::kUpstreamReset), 0u);
}

TEST_F(ToHttp2, ABreakInTheMiddleOfAnAnswerCutsTheClient) {
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  stream->send_head(status("200"), false);
  stream->send_body("part", false);
  until([&] { return stream->drained(); });
  client.head();
  EXPECT_EQ(client.exactly(9), "4\r\npart\r\n");
  stream->reset(2);
  flush();
  EXPECT_TRUE(client.reset());
  EXPECT_EQ(failures(Reason::kUpstreamReset), 1u);
}

TEST_F(ToHttp2, AClientThatLeavesCancelsItsStreamAndNoOther) {
  serve_http2();
  Peer staying = this->client();
  staying.send(kGet);
  const auto service = service2();
  Http2StreamPtr kept = next(*service);
  {
    Peer leaving = this->client();
    leaving.send(kGet);
    Http2StreamPtr stream = next(*service);
    leaving.socket().close();
    EXPECT_TRUE(ended(*stream, StreamEnd::kReset));
    EXPECT_EQ(stream->error_code(), 8u);  // CANCEL
  }
  answer(*kept);
  EXPECT_EQ(status_of(staying.head()), 200u);
}

TEST_F(ToHttp2, DeadlinesResetTheStream) {
  plan().request_timeout = std::chrono::milliseconds(300);
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(ended(*stream, StreamEnd::kReset));
  EXPECT_EQ(status_of(client.message()), 504u);
}

TEST_F(ToHttp2, AnAnswerIsRetriedWithItsBody) {
  rule.limit = 1;
  rule.status.set(503);
  rule.covers_writes = true;
  rule.base_interval = std::chrono::milliseconds(1);
  plan().retry = &rule;
  serve_http2();
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n");
  const auto service = service2();
  for (const std::string_view code : {"503", "200"}) {
    Http2StreamPtr stream = next(*service);
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(content_of(*stream), "body");
    EXPECT_EQ(stream->trailers(), "x-sum: 1\r\n");
    answer(*stream, code);
  }
  EXPECT_EQ(status_of(client.head()), 200u);
  EXPECT_EQ(retries(), 1u);
}

TEST_F(ToHttp2, ARefusedStreamIsAskedAgainAlsoForAWrite) {
  serve_http2();
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  stream->reset(7);  // REFUSED_STREAM
  flush();
  stream = next(*service);
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(content_of(*stream), "body");
  answer(*stream);
  EXPECT_EQ(status_of(client.head()), 200u);
}

TEST_F(ToHttp2, ALostConnectionIsReplacedForWhatMayBeSentAgain) {
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  auto service = service2();
  answer(*next(*service));
  EXPECT_EQ(status_of(client.head()), 200u);
  client.send(kGet);
  Http2StreamPtr stream = next(*service);
  stream.reset();
  service.reset();
  service = service2();
  stream = next(*service);
  ASSERT_NE(stream, nullptr);
  answer(*stream);
  EXPECT_EQ(status_of(client.head()), 200u);
  // Nobody knows what became of a write.
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  stream = next(*service);
  stream.reset();
  service.reset();
  EXPECT_EQ(status_of(client.message()), 503u);
}

TEST_F(ToHttp2, C4_29_ContentThatDoesNotMatchItsLengthNeverLooksWhole) {
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  const test::Fields fields{{":status", "200"}, {"content-length", "9"}};
  stream->send_head(fields, false);
  stream->send_body("short", true);
  flush();
  client.head();
  EXPECT_TRUE(client.reset());
  EXPECT_TRUE(until([&] { return service->end.session->open_streams() == 0; }));
}

TEST_F(ToHttp2, C4_32_StreamsBeyondAGoawayAreAskedElsewhereAndOthersFinish) {
  serve_http2();
  Peer first = this->client();
  first.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst");
  // A service by hand: it takes stream 1 and lets go of what comes after it.
  Peer service = accept();
  service.send(cat(test::settings(), test::frame(test::kSettingsFrame, 1, 0)));
  service.until("first");
  Peer second = this->client();
  second.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  service.until("body");
  service.send(test::frame(test::kGoawayFrame, 0, 0, cat(test::number(1), test::number(0))));
  const auto other = service2();
  Http2StreamPtr stream = next(*other);
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(content_of(*stream), "body");
  answer(*stream, "201");
  EXPECT_EQ(status_of(second.head()), 201u);
  service.send(test::frame(test::kHeadersFrame, 5, 1, test::field(":status", "202")));
  EXPECT_EQ(status_of(first.head()), 202u);
}

TEST_F(ToHttp2, C4_33_ANewConnectionTakesOverFromOneThatIsTooOld) {
  plan().max_connection_duration = std::chrono::nanoseconds(1);
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  const auto service = service2();
  answer(*next(*service));
  EXPECT_EQ(status_of(client.head()), 200u);
  client.send(kGet);
  const auto other = service2();
  answer(*next(*other));
  EXPECT_EQ(status_of(client.head()), 200u);
  EXPECT_TRUE(until([&] { return service->end.ended; }));
}

TEST_F(ToHttp2, AnIdleConnectionIsClosed) {
  plan().idle_timeout = std::chrono::milliseconds(20);
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  const auto service = service2();
  answer(*next(*service));
  EXPECT_EQ(status_of(client.head()), 200u);
  EXPECT_TRUE(until([&] { return service->end.ended; }));
}

TEST_F(ToHttp2, NobodyListeningIs503) {
  service.socket.close();
  serve_http2();
  Peer client = this->client();
  client.send(kGet);
  EXPECT_TRUE(has_line(client.message(), "x-weft-reason: connect_failure; by=outbound; flag=UF"));
}

}  // namespace
}  // namespace weft::proxy
