// What rides on HTTP: gRPC's deadlines and statuses, trace headers.
#include "tests/http/test_exchange.h"

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
