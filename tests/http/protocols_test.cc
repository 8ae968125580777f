// What rides on HTTP: gRPC's deadlines and statuses, trace headers.
#include <utility>

#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

struct Protocols : HttpTest {
  static std::string call(std::string_view lines) {
    return cat("POST /pkg.Shop/Buy HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nTE: trailers\r\n", lines,
               "Content-Length: 0\r\n\r\n");
  }
  uint64_t calls_with(size_t status) {
    test::becomes_true([&] { return data_plane->active_exchanges() == 0; });
    return sum([&](const DestinationCounters& counters) { return counters.grpc_calls[status].value(); });
  }
  // What the service sees of a GET with these lines.
  std::string forwarded(std::string_view lines) {
    Peer client = this->client();
    client.send(cat("GET / HTTP/1.1\r\nHost: a\r\n", lines, "\r\n"));
    return accept().head();
  }
};

TEST_F(Protocols, ACallWhoseOwnTimeIsOverIsAnsweredDeadlineExceeded) {
  serve_http();
  Peer client = this->client();
  client.send(call("grpc-timeout: 50m\r\n"));
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), "grpc-timeout: 50m"));
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 200u);
  EXPECT_TRUE(has_line(answer, "grpc-status: 4")) << answer;
  EXPECT_TRUE(has_line(answer, "x-weft-reason: deadline_exceeded; by=outbound; flag=DT")) << answer;
  EXPECT_TRUE(server.closed());
  EXPECT_EQ(failures(Reason::kDeadlineExceeded), 1u);
  EXPECT_EQ(calls_with(4), 1u);
}

TEST_F(Protocols, ThePolicysTimeoutHoldsForACallThatGivesItselfMore) {
  plan().request_timeout = std::chrono::milliseconds(50);
  serve_http();
  Peer client = this->client();
  client.send(call("grpc-timeout: 1H\r\n"));
  Peer server = accept();
  const std::string answer = client.message();
  EXPECT_TRUE(has_line(answer, "grpc-status: 14")) << answer;
  EXPECT_TRUE(has_line(answer, "x-weft-reason: request_timeout; by=outbound; flag=UT")) << answer;
}

TEST_F(Protocols, C4_30_ATimeoutThatIsGarbageIsForwardedAndBoundsNothing) {
  plan().request_timeout = std::chrono::milliseconds(50);
  serve_http();
  Peer client = this->client();
  client.send(call("grpc-timeout: 1 ns please\r\n"));
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), "grpc-timeout: 1 ns please"));
  EXPECT_TRUE(has_line(client.message(), "x-weft-reason: request_timeout; by=outbound; flag=UT"));
}

TEST_F(Protocols, CallsAreCountedByTheStatusOfTheirAnswer) {
  serve_http();
  Peer client = this->client();
  client.send(call(""));
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 5\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(has_line(client.message(), "grpc-status: 5"));
  EXPECT_EQ(calls_with(5), 1u);
}

struct GrpcOverHttp2 : test::Http2Test {
  static test::Fields call(std::string_view timeout = {}) {
    test::Fields fields = test::post("/pkg.Shop/Buy");
    fields.push_back({"content-type", "application/grpc"});
    fields.push_back({"te", "trailers"});
    if (!timeout.empty()) fields.push_back({"grpc-timeout", timeout});
    return fields;
  }
  void serve_grpc() {
    destination->protocol = Protocol::kGrpc;
    serve_http();
  }
  uint64_t calls_with(size_t status) {
    test::becomes_true([&] { return data_plane->active_exchanges() == 0; });
    return sum([&](const DestinationCounters& counters) { return counters.grpc_calls[status].value(); });
  }
  void send(Http2Stream& stream, std::string_view bytes) {
    stream.send_body(bytes, false);
    until([&] { return stream.drained(); });
    flush();
  }
};

TEST_F(GrpcOverHttp2, AStreamGoesBothWaysAtOnceAndItsStatusIsCounted) {
  serve_grpc();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, call("1H"), false);
  const auto service = service2();
  Http2StreamPtr seen = next(*service);
  ASSERT_NE(seen, nullptr);
  EXPECT_TRUE(has_line(seen->head(), "te: trailers")) << seen->head();
  EXPECT_TRUE(has_line(seen->head(), "grpc-timeout: 1H"));
  const test::Fields head{{":status", "200"}, {"content-type", "application/grpc"}};
  seen->send_head(head, false);
  for (const std::string_view message : {"one", "two"}) {
    send(*stream, message);
    EXPECT_EQ(content_of(*seen, 3), message);
    send(*seen, message);
    EXPECT_EQ(content_of(*stream, 3), message);
  }
  const test::Fields trailers{{"grpc-status", "5"}, {"grpc-message", "no such thing"}};
  seen->send_trailers(trailers);
  flush();
  EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
  EXPECT_EQ(stream->trailers(), "grpc-status: 5\r\ngrpc-message: no such thing\r\n");
  stream.reset();
  flush();
  EXPECT_EQ(calls_with(5), 1u);
}

// Its end comes with its head, or while there is no connection to the service yet, or later.
TEST_F(GrpcOverHttp2, AStreamWithoutAnyMessageEnds) {
  serve_grpc();
  const auto client = client2();
  std::unique_ptr<Wire> service;
  for (const bool later : {false, true, false}) {
    Http2StreamPtr stream = client->end.session->open();
    stream->send_head(call(), false);
    if (later) flush();
    if (!later) stream->send_body("", true);
    flush();
    if (service == nullptr) service = service2();
    Http2StreamPtr seen = next(*service);
    ASSERT_NE(seen, nullptr);
    if (later) stream->send_body("", true);
    EXPECT_TRUE(until([&] { return seen->peer_ended(); }));
    const test::Fields trailers_only{{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "0"}};
    seen->send_head(trailers_only, true);
    flush();
    EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
    EXPECT_TRUE(has_line(stream->head(), "grpc-status: 0"));
  }
  EXPECT_EQ(calls_with(0), 3u);
}

TEST_F(GrpcOverHttp2, AnAnswerThatRunsIntoADeadlineEndsWithAStatusNotWithAReset) {
  serve_grpc();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, call("80m"), false);
  const auto service = service2();
  Http2StreamPtr seen = next(*service);
  seen->send_head(test::status("200"), false);
  send(*seen, "some");
  EXPECT_EQ(content_of(*stream, 4), "some");
  EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
  EXPECT_TRUE(stream->trailers().starts_with("grpc-status: 4\r\ngrpc-message: ")) << stream->trailers();
  EXPECT_TRUE(ended(*seen, StreamEnd::kReset));
  EXPECT_EQ(calls_with(4), 1u);
  EXPECT_EQ(failures(Reason::kDeadlineExceeded), 1u);
}

TEST_F(GrpcOverHttp2, AServicesOwnResetIsPassedOn) {
  serve_grpc();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, call(), false);
  const auto service = service2();
  Http2StreamPtr seen = next(*service);
  seen->send_head(test::status("200"), false);
  send(*seen, "some");
  EXPECT_EQ(content_of(*stream, 4), "some");
  seen->reset(11);  // ENHANCE_YOUR_CALM: RESOURCE_EXHAUSTED
  flush();
  EXPECT_TRUE(ended(*stream, StreamEnd::kReset));
  EXPECT_EQ(stream->error_code(), 11u);
}

TEST_F(GrpcOverHttp2, C4_30_WhatTheProxyAnswersIsTrailersOnlyAndTheConnectionStays) {
  destination->routes.clear();
  serve_grpc();
  const auto client = client2();
  for (int i = 0; i < 2; ++i) {
    Http2StreamPtr stream = ask(*client, call(), false);
    ASSERT_NE(stream, nullptr);
    const std::string head = head_of(*stream);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200\r\n")) << head;
    EXPECT_TRUE(has_line(head, "grpc-status: 12"));
    EXPECT_TRUE(stream->peer_ended());
  }
  EXPECT_FALSE(client->end.session->finished());
}

TEST_F(Protocols, C4_20_B3IsKeptWhenItIsValidAndDroppedWhenItIsNot) {
  serve_http();
  const std::string_view ids = "X-B3-TraceId: 463ac35c9f6413ad48485a3953bb6124\r\nX-B3-SpanId: a2fb4a1d1a96d312\r\n";
  EXPECT_NE(forwarded(cat(ids, "X-B3-Sampled: 1\r\n")).find(cat(ids, "X-B3-Sampled: 1\r\n")), std::string::npos);
  EXPECT_TRUE(
      has_line(forwarded("b3: 463ac35c9f6413ad-a2fb4a1d1a96d312-1\r\n"), "b3: 463ac35c9f6413ad-a2fb4a1d1a96d312-1"));
  EXPECT_TRUE(has_line(forwarded("b3: 0\r\n"), "b3: 0"));
  // One broken piece, and the rest would be another trace.
  EXPECT_EQ(lower(forwarded(cat(ids, "X-B3-ParentSpanId: none\r\n"))).find("\r\nx-b3-"), std::string::npos);
  EXPECT_EQ(lower(forwarded(cat(ids, ids))).find("\r\nx-b3-"), std::string::npos);
  EXPECT_EQ(forwarded(cat("b3: ", std::string(3000, 'a'), "\r\n")).find("\r\nb3:"), std::string::npos);
  EXPECT_EQ(forwarded("b3: 0\r\nb3: 1\r\n").find("\r\nb3:"), std::string::npos);
}

TEST_F(Protocols, NoTraceIsInvented) {
  serve_http();
  const std::string seen = lower(forwarded(""));
  EXPECT_EQ(seen.find("\r\nb3:"), std::string::npos);
  EXPECT_EQ(seen.find("\r\nx-b3-"), std::string::npos);
  EXPECT_EQ(seen.find("traceparent"), std::string::npos);
  EXPECT_NE(seen.find("\r\nx-request-id: "), std::string::npos);
}

}  // namespace
}  // namespace weft::proxy
