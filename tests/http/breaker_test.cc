// The limits of a MeshCircuitBreaker: what a client sees beyond them, over all workers of a proxy.
#include <set>

#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::becomes_true;
using test::dial;
using test::has_line;
using test::HttpTest;
using test::Peer;
using test::Socket;
using test::status_of;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr std::string_view kInASecond =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\n\r\n";
constexpr std::string_view kUnavailable = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

struct BreakerTest : HttpTest {
  LimitRule limits;
  void SetUp() override { plan().limits = &limits; }

  Usage& usage() { return *destination->routes[0].backends[0].endpoints->usage; }
  uint32_t used(Used what) { return usage().of(what).load(); }
  bool comes_to(Used what, uint32_t count) {
    return becomes_true([&] { return used(what) == count; });
  }
  uint64_t overflows(Used what) {
    return sum([=](const DestinationCounters& c) { return c.overflows[static_cast<size_t>(what)].value(); });
  }
  Peer asking() {
    Peer peer = client();
    peer.send(kGet);
    return peer;
  }
  void expect_overflow(Peer peer) {
    const std::string answer = peer.message();
    EXPECT_EQ(status_of(answer), 503u);
    EXPECT_TRUE(has_line(answer, "x-envoy-overloaded: true")) << answer;
    EXPECT_TRUE(has_line(answer, "x-weft-reason: overflow; by=outbound; flag=UO")) << answer;
    EXPECT_TRUE(answer.ends_with("upstream connect error or disconnect/reset before headers. reset reason: overflow"));
  }
};

TEST_F(BreakerTest, RequestsBeyondTheLimitAreAnsweredAtOnce) {
  limits.requests = 2;
  start(3);  // it holds for all workers together
  serve_http();
  Peer first = asking();
  Peer served = accept();
  served.head();
  Peer second = asking();
  Peer also_served = accept();
  also_served.head();
  for (int i = 0; i < 6; ++i) expect_overflow(asking());
  EXPECT_EQ(overflows(Used::kRequests), 6u);
  served.send(kOk);
  EXPECT_EQ(status_of(first.message()), 200u);
  EXPECT_TRUE(comes_to(Used::kRequests, 1));
  also_served.send(kOk);
  EXPECT_EQ(status_of(second.message()), 200u);
  EXPECT_EQ(failures(Reason::kOverflow), 6u);
  EXPECT_TRUE(comes_to(Used::kRequests, 0));
  EXPECT_TRUE(comes_to(Used::kPending, 0));
}

TEST_F(BreakerTest, AnotherLimitHoldsForTheNextRequest) {
  limits.requests = 1;
  serve_http();
  Peer first = asking();
  Peer served = accept();
  served.head();
  expect_overflow(asking());
  const LimitRule higher{.requests = 2};
  auto next = std::make_shared<Destination>(*destination);
  next->routes[0].plan.limits = &higher;
  serve(test::snapshot_of({test::listener_on(port, next)}));
  Peer second = asking();
  Peer also_served = accept();
  also_served.head();
  expect_overflow(asking());
  served.send(kOk);
  also_served.send(kOk);
  EXPECT_EQ(status_of(first.message()), 200u);
  EXPECT_EQ(status_of(second.message()), 200u);
  becomes_true([&] { return data_plane->active_exchanges() == 0; });
  data_plane.reset();  // before `higher`
}

TEST_F(BreakerTest, BeyondTheConnectionsRequestsWaitAndAreServedInTurn) {
  limits.connections = 1;
  limits.requests = 2;  // who waits is none of them
  serve_http();
  Peer first = asking();
  Peer served = accept();
  served.head();
  Peer second = asking();
  ASSERT_TRUE(becomes_true([&] { return overflows(Used::kConnections) == 1; }));
  Peer third = asking();
  ASSERT_TRUE(comes_to(Used::kPending, 2));
  EXPECT_TRUE(comes_to(Used::kRequests, 1));
  served.send(kOk);
  EXPECT_EQ(status_of(first.message()), 200u);
  served.head();
  served.send(kOk);
  EXPECT_EQ(status_of(second.message()), 200u);
  served.head();
  served.send(kOk);
  EXPECT_EQ(status_of(third.message()), 200u);
  EXPECT_EQ(failures(Reason::kOverflow), 0u);
  EXPECT_TRUE(comes_to(Used::kConnections, 1));
  EXPECT_TRUE(comes_to(Used::kPending, 0));
}

TEST_F(BreakerTest, WhenTheConnectionEndsWhoWaitsGetsAnotherOne) {
  limits.connections = 1;
  serve_http();
  Peer first = asking();
  Peer served = accept();
  served.head();
  Peer second = asking();
  ASSERT_TRUE(comes_to(Used::kPending, 1));
  served.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
  EXPECT_EQ(status_of(first.message()), 200u);
  Peer another = accept();
  EXPECT_EQ(another.head().substr(0, 4), "GET ");
  another.send(kOk);
  EXPECT_EQ(status_of(second.message()), 200u);
}

TEST_F(BreakerTest, WhoLeavesOrIsTooLateWaitsNoMore) {
  limits.connections = 1;
  serve_http();
  Peer first = asking();
  Peer served = accept();
  served.head();
  {
    Peer leaving = asking();
    ASSERT_TRUE(comes_to(Used::kPending, 1));
  }
  EXPECT_TRUE(comes_to(Used::kPending, 0));
  auto hasty = std::make_shared<Destination>(*destination);
  hasty->routes[0].plan.request_timeout = std::chrono::milliseconds(20);
  serve(test::snapshot_of({test::listener_on(port, hasty)}));
  EXPECT_EQ(status_of(asking().message()), 504u);
  served.send(kOk);
  EXPECT_EQ(status_of(first.message()), 200u);
  EXPECT_TRUE(becomes_true([&] { return used(Used::kRequests) == 0 && used(Used::kPending) == 0; }));
}

TEST_F(BreakerTest, MoreThanMayWaitAreAnsweredAtOnce) {
  limits.connections = 1;
  limits.pending = 1;
  serve_http();
  Peer first = asking();
  Peer served = accept();
  served.head();
  Peer waiting = asking();
  ASSERT_TRUE(comes_to(Used::kPending, 1));
  expect_overflow(asking());
  EXPECT_EQ(overflows(Used::kPending), 1u);
  served.send(kOk);
  served.head();
  served.send(kOk);
  EXPECT_EQ(status_of(waiting.message()), 200u);
}

TEST_F(BreakerTest, NoMoreRetriesAtATimeThanTheLimitTheAnswerIsPassedOn) {
  limits.retries = 1;
  RetryRule retry;
  retry.status.set(503);
  plan().retry = &retry;
  serve_http();
  Peer first = asking();
  Peer failing = accept();
  failing.head();
  failing.send(kUnavailable);
  failing.head();  // the retry
  Peer second = asking();
  Peer also_failing = accept();
  also_failing.head();
  also_failing.send(kUnavailable);
  const std::string answer = second.message();
  EXPECT_EQ(status_of(answer), 503u);
  EXPECT_FALSE(has_line(answer, "x-envoy-overloaded: true"));
  EXPECT_TRUE(has_line(answer, "x-weft-not-retried: maxRetries; by=outbound")) << answer;
  EXPECT_EQ(overflows(Used::kRetries), 1u);
  failing.send(kOk);
  const std::string repeated = first.message();
  EXPECT_EQ(status_of(repeated), 200u);
  EXPECT_EQ(repeated.find("x-weft-not-retried"), std::string::npos);
  EXPECT_TRUE(comes_to(Used::kRetries, 0));
  data_plane.reset();  // before `retry`
}

TEST_F(BreakerTest, ARetryThatWaitsKeepsNoOtherFromBeingMade) {
  limits.retries = 1;
  RetryRule retry;
  retry.status.set(503);
  retry.reset_headers.push_back({"retry-after", false});
  plan().retry = &retry;
  serve_http();
  Peer first = asking();
  Peer failing = accept();
  failing.head();
  failing.send(kInASecond);
  ASSERT_TRUE(becomes_true([&] { return retries() == 1; }));
  Peer second = asking();
  failing.head();
  failing.send(kUnavailable);
  failing.head();
  EXPECT_EQ(used(Used::kRetries), 1u);
  failing.send(kOk);
  EXPECT_EQ(status_of(second.message()), 200u);
  EXPECT_EQ(overflows(Used::kRetries), 0u);
  data_plane.reset();
}

// Both wait a second or more, so both were to be retried before the first retry began.
struct RetriesAtTheSameTime : BreakerTest {
  RetryRule retry;
  void SetUp() override {
    BreakerTest::SetUp();
    limits.retries = 1;
    retry.status.set(503);
    retry.max_interval = retry.base_interval = std::chrono::milliseconds(5);
    retry.reset_headers.push_back({"retry-after", false});
    plan().retry = &retry;
    serve_http();
  }
  // The first retry is under way, the other has met the limit.
  void begin() {
    for (int i = 0; i < 2; ++i) {
      clients.push_back(asking());
      services.push_back(accept());
      services.back().head();
    }
    for (size_t i = 0; i < 2; ++i) {
      services[i].send(kInASecond);
      ASSERT_TRUE(becomes_true([&] { return retries() == i + 1; }));
    }
    services[1].head();  // the newest connection
    ASSERT_TRUE(becomes_true([&] { return overflows(Used::kRetries) > 0; }));
  }
  void TearDown() override { data_plane.reset(); }  // before `retry`

  std::vector<Peer> clients;
  std::vector<Peer> services;
};

TEST_F(RetriesAtTheSameTime, OneThatMeetsTheLimitWaitsForItsNextTry) {
  retry.limit = 1'000'000;
  begin();
  services[1].send(kOk);
  services[1].head();
  services[1].send(kOk);
  for (Peer& client : clients) EXPECT_EQ(status_of(client.message()), 200u);
}

TEST_F(RetriesAtTheSameTime, OneWithoutAnotherTryIsAnsweredWithTheOverflow) {
  begin();
  services[1].send(kOk);
  const std::string first = clients[0].message(), second = clients[1].message();
  EXPECT_EQ((std::set{status_of(first), status_of(second)}), (std::set{200u, 503u}));
  const std::string answers = first + second;
  EXPECT_TRUE(has_line(answers, "x-weft-reason: overflow; by=outbound; flag=UO")) << answers;
  EXPECT_TRUE(has_line(answers, "x-weft-not-retried: maxRetries; by=outbound")) << answers;
}

TEST_F(BreakerTest, WhatReachedNoServiceIsNoRetry) {
  limits.retries = 1;
  RetryRule retry;
  retry.on_connect_failure = true;
  plan().retry = &retry;
  serve_http();
  Peer first = asking();
  Peer sidecar = accept();
  sidecar.head();
  sidecar.send(
      "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nx-weft-reason: connect_failure; by=inbound; "
      "flag=UF\r\n\r\n");
  sidecar.head();
  EXPECT_EQ(used(Used::kRetries), 0u);
  sidecar.send(kOk);
  EXPECT_EQ(status_of(first.message()), 200u);
  EXPECT_EQ(retries(), 1u);
  data_plane.reset();
}

TEST_F(BreakerTest, AnOverflowElsewhereIsNotRetried) {
  RetryRule retry;
  retry.status.set(503);
  plan().retry = &retry;
  serve_http();
  Peer first = asking();
  Peer overloaded = accept();
  overloaded.head();
  overloaded.send("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nx-envoy-overloaded: true\r\n\r\n");
  EXPECT_EQ(status_of(first.message()), 503u);
  EXPECT_EQ(retries(), 0u);
  data_plane.reset();
}

struct BreakerOverHttp2 : test::Http2Test {
  LimitRule limits;
  void SetUp() override {
    Http2Test::SetUp();
    plan().limits = &limits;
    destination->protocol = Protocol::kHttp2;
  }
};

TEST_F(BreakerOverHttp2, StreamsAreRequestsAndTheirConnectionIsOne) {
  limits.connections = 1;
  limits.requests = 2;
  serve_http();
  Peer first = client();
  first.send(kGet);
  const auto service = service2();
  const Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  Peer second = client();
  second.send(kGet);
  const Http2StreamPtr another = next(*service);
  ASSERT_NE(another, nullptr);
  Peer third = client();
  third.send(kGet);
  EXPECT_EQ(status_of(third.message()), 503u);
  answer(*stream, "204");
  EXPECT_EQ(status_of(first.head()), 204u);
  answer(*another, "204");
  EXPECT_EQ(status_of(second.head()), 204u);
  EXPECT_EQ(failures(Reason::kOverflow), 1u);
}

TEST_F(BreakerTest, TcpConnectionsBeyondTheLimitAreClosed) {
  limits.connections = 2;
  destination->protocol = Protocol::kTcp;
  start(3);
  serve_http();
  Socket one = dial(port);
  Socket at_one = service.accept();
  Socket two = dial(port);
  Socket at_two = service.accept();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(client().closed());
  EXPECT_EQ(overflows(Used::kConnections), 4u);
  one.close();
  at_one.close();
  ASSERT_TRUE(comes_to(Used::kConnections, 1));
  Socket three = dial(port);
  service.accept().send("again");
  EXPECT_EQ(three.receive(), "again");
}

}  // namespace
}  // namespace weft::proxy
