// Bad input from clients: cases 1-12, 14 and 18-20 of the fault catalogue, as bytes on the wire of a real listener. The
// service behind it must see nothing of what is refused.
#include <poll.h>

#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

struct C4Requests : HttpTest {
  void SetUp() override { serve_http(); }
  // 400 (or `status`) with a reason, the connection closed, nothing forwarded.
  void expect_refused(std::string_view request, unsigned status = 400) {
    const std::string answer = refusal_of(request);
    EXPECT_EQ(status_of(answer), status) << request.substr(0, 200);
    EXPECT_NE(answer.find("x-weft-reason: "), std::string::npos);
    EXPECT_TRUE(has_line(answer, "connection: close")) << answer;
    pollfd waiting{service.socket.get(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 0), 0) << "forwarded: " << request.substr(0, 200);
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

std::string post(std::string_view framing, std::string_view body = "hello") {
  return cat("POST / HTTP/1.1\r\nHost: a\r\n", framing, "\r\n", body);
}

TEST_F(C4Requests, C4_01_ContentLengthAndTransferEncodingBothAreRefused) {
  expect_refused(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  expect_refused(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"));
}

TEST_F(C4Requests, C4_02_TwoContentLengthsAreRefusedAlsoWhenEqual) {
  expect_refused(post("Content-Length: 5\r\nContent-Length: 6\r\n"));
  expect_refused(post("Content-Length: 5\r\nContent-Length: 5\r\n"));
  expect_refused(post("Content-Length: 5, 6\r\n"));
  expect_refused(post("Content-Length: 5, 5\r\n"));
}

TEST_F(C4Requests, C4_03_AContentLengthThatIsNotPlainDigitsIsRefused) {
  for (const std::string_view value :
       {"", "+5", "-1", "0x5", "5 5", "9223372036854775809", "05", "5;", "five", "\"5\""}) {
    expect_refused(post(cat("Content-Length: ", value, "\r\n")));
  }
}

TEST_F(C4Requests, C4_04_TransferCodingsOtherThanChunkedAreRefused) {
  expect_refused(post("Transfer-Encoding: chunked, identity\r\n"));
  expect_refused(post("Transfer-Encoding:\r\n"));
  expect_refused(post("Transfer-Encoding: chunked,\r\n"));
  expect_refused(post("Transfer-Encoding: identity\r\n"));
  expect_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  expect_refused(post("Transfer-Encoding: xchunked\r\n"), 501);
  expect_refused(post("Transfer-Encoding: gzip, chunked\r\n"), 501);
  expect_refused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 501);
}

TEST_F(C4Requests, C4_05_MalformedChunksAreRefused) {
  const std::string_view chunked = "Transfer-Encoding: chunked\r\n";
  for (const std::string_view body :
       {"ffffffffffffffffff\r\n", "-1\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloX", "\r\n"}) {
    expect_refused(post(chunked, body));
  }
  expect_refused(post(chunked, "5;" + std::string(40000, 'x') + "\r\nhello\r\n0\r\n\r\n"));
}

TEST_F(C4Requests, C4_05_ABadChunkInTheMiddleEndsTheCallAndNeverLooksComplete) {
  Peer client = this->client();
  client.send(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"));
  Peer server = accept();
  EXPECT_EQ(server.until("hello\r\n").substr(0, 5), "POST ");
  client.send("zz\r\n");
  EXPECT_EQ(status_of(client.rest()), 400u);
  EXPECT_EQ(server.rest(), "");
}

TEST_F(C4Requests, C4_06_LineEndsFoldsAndSpacesBeforeTheColonAreRefused) {
  for (const std::string_view request :
       {"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    expect_refused(request);
  }
}

TEST_F(C4Requests, C4_07_ControlCharactersAreRefusedEverywhere) {
  for (const char c : {'\0', '\x01', '\x0b', '\x7f'}) {
    const std::string control(1, c);
    expect_refused(cat("GE", control, "T / HTTP/1.1\r\nHost: a\r\n\r\n"));
    expect_refused(cat("GET /", control, " HTTP/1.1\r\nHost: a\r\n\r\n"));
    expect_refused(cat("GET / HTTP/1.1\r\nHost: a\r\nX", control, "Y: z\r\n\r\n"));
    expect_refused(cat("GET / HTTP/1.1\r\nHost: a\r\nX: y", control, "z\r\n\r\n"));
  }
  expect_refused("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_F(C4Requests, C4_08_MissingDoubledOrMalformedHostsAreRefused) {
  expect_refused("GET / HTTP/1.1\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
  for (const std::string_view host : {"", "user@a", "a#b", "a:99999", "a:b", "a/b", "a, b"}) {
    expect_refused(cat("GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
  }
}

TEST_F(C4Requests, C4_08_AnAbsoluteTargetIsTheOnlyAuthorityThatIsForwarded) {
  const std::string seen = forwarded("GET http://real:81/x HTTP/1.1\r\nHost: other\r\nA: b\r\n\r\n");
  EXPECT_TRUE(seen.starts_with("GET /x HTTP/1.1\r\nhost: real:81\r\nA: b\r\n")) << seen;
  EXPECT_EQ(seen.find("other"), std::string::npos);
  expect_refused("GET http://u@real/ HTTP/1.1\r\nHost: real\r\n\r\n");
}

TEST_F(C4Requests, C4_09_LongRequestLinesAre414AndLargeHeads431) {
  expect_refused(cat("GET /", std::string(20000, 'a'), " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  expect_refused(cat("GET / HTTP/1.1\r\nHost: a\r\nX: ", std::string(61 * 1024, 'a'), "\r\n\r\n"), 431);
  EXPECT_EQ(failures(Reason::kHeadersTooLarge), 2u);
}

TEST_F(C4Requests, C4_09_TooManyHeadersAre431AndTheConnectionSurvives) {
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) many += "a: b\r\n";
  Peer client = this->client();
  client.send(many + "\r\n");
  EXPECT_EQ(status_of(client.message()), 431u);
  client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  EXPECT_TRUE(server.head().starts_with("GET /after "));
  expect_refused(many + "content-length: 3\r\n\r\nabc", 431);
}

TEST_F(C4Requests, C4_10_AHeadThatDripsIsEndedByTheHeadersTimeout) {
  destination = std::make_shared<Destination>(*destination);
  destination->connection.request_headers_timeout = std::chrono::milliseconds(40);
  serve_http();
  Peer client = this->client();
  client.send("GET / HT");
  Peer other = this->client();
  other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");  // a slow neighbour costs nobody else anything
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(status_of(other.head()), 200u);
  const std::string answer = client.rest();
  EXPECT_EQ(status_of(answer), 408u);
  EXPECT_TRUE(has_line(answer, "connection: close"));
}

TEST_F(C4Requests, C4_10_ABodyThatStopsIsEndedByTheStreamIdleTimeout) {
  destination = std::make_shared<Destination>(*destination);
  plan().stream_idle_timeout = std::chrono::milliseconds(40);
  serve_http();
  Peer client = this->client();
  client.send(post("Content-Length: 500\r\n"));
  Peer server = accept();
  EXPECT_EQ(status_of(client.rest()), 408u);
  EXPECT_NE(server.rest().find("hello"), std::string::npos);
}

TEST_F(C4Requests, C4_11_PipelinedRequestsAreAnsweredInOrder) {
  Peer client = this->client();
  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 "
      "HTTP/1.1\r\nHost: a\r\n\r\n");
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
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  EXPECT_TRUE(server.head().starts_with("GET /1 "));
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(has_line(client.rest(), "connection: close"));
  pollfd waiting{server.socket().get(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
}

TEST_F(C4Requests, C4_12_ABodyAfterTheAnswerIsReadForAWhileThenTheConnectionCloses) {
  Peer client = this->client();
  client.send(post("Content-Length: 1000000\r\n"));
  Peer server = accept();
  server.until("hello");
  server.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig");
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 413u);
  EXPECT_TRUE(has_line(answer, "connection: close"));
  client.send(std::string(200000, 'x'));  // does not reset what was just read
  EXPECT_TRUE(client.closed());
}

TEST_F(C4Requests, C4_14_OtherProtocolsAreRefusedAtTheFirstRead) {
  expect_refused("GET /\r\n");
  expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
  const std::string answer = refusal_of(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7));
  EXPECT_EQ(status_of(answer), 400u);
  EXPECT_NE(answer.find("TLS on a plaintext port"), std::string::npos);
}

TEST_F(C4Requests, C4_18_UnderscoresAndRepeatedNamesAreAllForwarded) {
  const std::string seen = forwarded("GET / HTTP/1.1\r\nHost: a\r\nX_Role: a\r\nx-role: b\r\nX-Role: c\r\n\r\n");
  EXPECT_NE(seen.find("X_Role: a\r\nx-role: b\r\nX-Role: c\r\n"), std::string::npos);
}

TEST_F(C4Requests, C4_19_ConnectionCannotStripHeadersThatMatterForSecurity) {
  const std::string seen = forwarded(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: authorization, x-forwarded-for, x-hop, close\r\nAuthorization: "
      "secret\r\n"
      "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Client-Cert: URI=x\r\nX-Hop: gone\r\nKeep-Alive: "
      "5\r\nProxy-Connection: keep-alive\r\nTE: "
      "trailers\r\n"
      "Proxy-Authorization: b\r\n\r\n");
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
  const std::string seen = forwarded(
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: URI=spiffe://evil\r\nx-weft-identity: "
      "evil\r\nX-WEFT-Reason: none\r\n"
      "X-Forwarded-For: 1.2.3.4\r\ntraceparent: 00-zz-bad\r\ntracestate: a=b\r\n\r\n");
  EXPECT_EQ(seen.find("evil"), std::string::npos);
  EXPECT_EQ(lower(seen).find("x-weft"), std::string::npos);
  EXPECT_EQ(seen.find("trace"), std::string::npos);
  EXPECT_TRUE(has_line(seen, "X-Forwarded-For: 1.2.3.4"));
}

TEST_F(C4Requests, C4_20_AValidTraceIsKept) {
  serve_inbound();
  const std::string_view trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(has_line(forwarded(cat("GET / HTTP/1.1\r\nHost: a\r\n", trace, "\r\ntracestate: a=b\r\n\r\n")), trace));
}

}  // namespace
}  // namespace weft::proxy
