// Attempts, retries and deadlines through a data plane over loopback sockets.
#include <memory>

#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";

struct Calls : HttpTest {
  RetryRule rule;
  Calls() {
    rule.limit = 2;
    rule.base_interval = rule.max_interval = milliseconds(1);
    rule.status.set(503);
    rule.on_reset = rule.on_connect_failure = true;
  }
  void serve_with_rule() {
    plan().retry = &rule;
    serve_http();
  }
  // Plays one attempt on a new connection.
  std::string answer_once(std::string_view answer) {
    Peer server = accept();
    std::string seen = server.message();
    server.send(answer);
    return seen;
  }
  uint64_t exhausted() {
    return sum([](const DestinationCounters& counters) { return counters.retries_exhausted.value(); });
  }
};

constexpr std::string_view k503 = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy";
constexpr std::string_view k200 = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

TEST_F(Calls, AFailedAnswerIsRetriedOnTheSameConnectionAndTheClientSeesOneAnswer) {
  serve_with_rule();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send(k503);
  EXPECT_TRUE(server.head().starts_with("GET / "));
  server.send(k200);
  EXPECT_EQ(client.message(), k200);
  EXPECT_EQ(retries(), 1u);
}

TEST_F(Calls, TheLastAnswerIsPassedOnWhenRetriesAreUsedUp) {
  serve_with_rule();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  for (int i = 0; i < 3; ++i) {
    server.head();
    server.send(k503);
  }
  EXPECT_EQ(client.message(), k503);
  EXPECT_EQ(retries(), 2u);
  EXPECT_TRUE(test::becomes_true([&] { return exhausted() == 1; }));
}

TEST_F(Calls, AReplayedBodyIsWhole) {
  rule.covers_writes = true;
  serve_with_rule();
  Peer client = this->client();
  const std::string body(40000, 'b');
  client.send(cat("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ", body.size(), "\r\n\r\n", body.substr(0, 10000)));
  Peer first = accept();
  first.head();
  EXPECT_EQ(first.exactly(10000).size(), 10000u);
  first.socket().abort();  // in the middle of the body
  Peer second = accept();
  second.head();
  client.send(body.substr(10000));
  EXPECT_EQ(second.exactly(body.size()), body);
  second.send(k200);
  EXPECT_EQ(client.message(), k200);
}

TEST_F(Calls, ABodyThatWasNotKeptIsNotRetried) {
  rule.covers_writes = true;
  serve_with_rule();
  Peer client = this->client();
  const std::string body(200000, 'b');
  client.send(cat("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  Peer server = accept();
  EXPECT_EQ(server.message().substr(0, 5), "POST ");
  server.send(k503);
  EXPECT_EQ(client.message(), k503);
  EXPECT_EQ(retries(), 0u);
}

TEST_F(Calls, AWriteIsNotRetriedOnceItWasSent) {
  serve_with_rule();
  Peer client = this->client();
  client.send(kPost);
  EXPECT_TRUE(answer_once(k503).ends_with("body"));
  EXPECT_EQ(client.message(), k503);
  EXPECT_EQ(retries(), 0u);
}

TEST_F(Calls, AWriteThatReachedNobodyIsRetried) {
  const uint16_t nobody = test::free_port();
  destination = http_destination({nobody, service.port()});
  serve_with_rule();
  for (int i = 0; i < 4; ++i) {
    Peer client = this->client();
    client.send(cat(kPost.substr(0, kPost.find("\r\n\r\n")), "\r\nConnection: close\r\n\r\nbody"));
    EXPECT_TRUE(
        answer_once(cat("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")).ends_with("body"));
    EXPECT_EQ(status_of(client.rest()), 200u);
  }
  EXPECT_GE(retries(), 1u);  // the request that met the closed port; later ones know
}

TEST_F(Calls, ConnectFailuresSayWhyAndThatRetriesAreUsedUp) {
  destination = http_destination({test::free_port()});
  serve_with_rule();
  Peer client = this->client();
  client.send(kGet);
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 503u);
  EXPECT_TRUE(has_line(answer, "x-weft-reason: connect_failure; by=outbound; flag=URX,UF")) << answer;
  EXPECT_NE(answer.find("reset reason: connection failure"), std::string::npos);
  EXPECT_EQ(failures(Reason::kConnectFailure), 1u);
  client.send(kGet);  // the connection is kept
  EXPECT_EQ(status_of(client.message()), 503u);
}

TEST_F(Calls, NobodyThereIs503AtOnce) {
  destination = http_destination({});
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  const std::string answer = client.message();
  EXPECT_TRUE(has_line(answer, "x-weft-reason: no_healthy_upstream; by=outbound; flag=UH"));
  EXPECT_TRUE(answer.ends_with("no healthy upstream"));
}

TEST_F(Calls, NoRouteIs404) {
  destination->routes[0].path_prefix = "/api";
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  EXPECT_TRUE(has_line(client.message(), "x-weft-reason: no_route; by=outbound; flag=NR"));
}

TEST_F(Calls, TheRequestTimeoutIs504AndCountsRetries) {
  plan().request_timeout = milliseconds(40);
  serve_with_rule();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 504u);
  EXPECT_TRUE(has_line(answer, "x-weft-reason: request_timeout; by=outbound; flag=UT"));
  EXPECT_TRUE(answer.ends_with("upstream request timeout"));
  EXPECT_TRUE(server.closed());  // the service is told that nobody waits any more
}

TEST_F(Calls, TheRequestTimeoutCutsARunningBody) {
  plan().request_timeout = milliseconds(500);
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  EXPECT_TRUE(client.reset());
}

TEST_F(Calls, TheRequestTimeoutStartsWithTheEndOfTheRequest) {
  plan().request_timeout = milliseconds(1);
  plan().stream_idle_timeout = milliseconds(80);
  serve_http();
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  Peer server = accept();
  server.until("bo");
  EXPECT_EQ(status_of(client.message()), 408u);  // the idle timeout, far later than the request timeout
}

TEST_F(Calls, ThePerTryTimeoutGivesTheNextTryAChance) {
  rule.per_try_timeout = milliseconds(30);
  serve_with_rule();
  Peer client = this->client();
  client.send(kGet);
  Peer slow = accept();
  slow.head();
  Peer quick = accept();
  EXPECT_TRUE(slow.closed());
  quick.head();
  quick.send(k200);
  EXPECT_EQ(client.message(), k200);
}

TEST_F(Calls, ThePerTryTimeoutEndsWithTheHeadOfTheAnswer) {
  rule.per_try_timeout = milliseconds(30);
  serve_with_rule();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no");
  client.head();
  // A second exchange whose per-try timeout passes proves that more than 30 ms went by.
  Peer other = this->client();
  other.send(kGet);
  accept().head();
  accept().head();
  server.send("k");
  EXPECT_EQ(client.exactly(2), "ok");
}

TEST_F(Calls, TheLifeOfAStreamIsBounded) {
  plan().max_stream_duration = milliseconds(30);
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 504u);
  EXPECT_NE(answer.find("flag=UMSDR"), std::string::npos);
}

TEST_F(Calls, AClientThatLeavesFreesTheService) {
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  client.socket().close();
  EXPECT_TRUE(server.closed());
  EXPECT_TRUE(test::becomes_true([&] { return failures(Reason::kDownstreamClosed) == 1; }));
}

TEST_F(Calls, APoliciesRefusalNamesThePolicy) {
  struct Refuser final : Policy {
    bool judges_requests() const override { return true; }
    std::optional<Refusal> decide(const Request& request, Plan&) const override {
      if (request.path != "/admin" || request.headers.size() != 1 || request.authority != "a") return std::nullopt;
      return Refusal{403, Reason::kDenied, "MeshTrafficPermission", "kri_mtp_default_x", "RBAC: access denied"};
    }
  };
  destination->routes[0].policies = PolicyChain({std::make_shared<Refuser>()});
  serve_http();
  Peer client = this->client();
  client.send("GET /x/../%61dmin HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 403u);
  EXPECT_TRUE(has_line(answer, "x-weft-reason: denied; by=outbound; flag=DENY; policy=kri_mtp_default_x"));
  EXPECT_TRUE(answer.ends_with("RBAC: access denied"));
  client.send(kGet);
  EXPECT_TRUE(answer_once(k200).starts_with("GET / "));
  EXPECT_EQ(client.message(), k200);
}

TEST_F(Calls, AReasonOfTheInboundIsCarriedToTheOutbound) {
  rule.status.reset();
  serve_with_rule();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send(
      "HTTP/1.1 503 Service Unavailable\r\nx-weft-reason: upstream_closed; by=inbound; flag=UC\r\ncontent-length: "
      "0\r\n\r\n");
  server.head();
  server.send(k200);
  EXPECT_EQ(client.message(), k200);
}

}  // namespace
}  // namespace weft::proxy
