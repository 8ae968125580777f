// A client, its proxy, the service's proxy, a service: what the two ends see of each other when HTTP/2 lies between.
#include <utility>

#include "proxy/http/head_parser.h"
#include "proxy/runtime/handshake.h"
#include "proxy/runtime/tls_layer.h"
#include "proxy/telemetry/counters.h"
#include "proxy/tls/certificates_for_test.h"
#include "proxy/tls/trust.h"
#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::listener_on;
using test::Peer;
using test::status_of;

struct AllowAll final : Policy {
  bool judges_connections() const override { return true; }
};

struct BetweenProxies : test::Http2Test {
  test::TestAuthority root;
  const uint16_t inbound = test::free_port();
  RetryRule rule;
  std::shared_ptr<const TlsMaterial> material = test::member(root, "spiffe://td/web");

  std::shared_ptr<Destination> leg(Protocol protocol, Direction direction, uint16_t to) {
    auto made = http_destination({to});
    made->protocol = protocol;
    made->direction = direction;
    made->counters_slot = direction == Direction::kInbound ? 1 : 0;
    made->routes[0].policies = PolicyChain({std::make_shared<AllowAll>()});
    if (direction == Direction::kInbound) return made;
    made->routes[0].plan.retry = rule.limit == 0 ? nullptr : &rule;
    auto set = std::make_shared<EndpointSet>(*made->routes[0].backends[0].endpoints);
    set->tls = test::named({"spiffe://td/web"});
    made->routes[0].backends[0].endpoints = set;
    return made;
  }
  void serve_pair(Protocol protocol) { serve_pair(protocol, leg(protocol, Direction::kOutbound, inbound)); }
  void serve_pair(Protocol protocol, std::shared_ptr<Destination> outbound, std::vector<uint32_t> forgotten = {}) {
    if (data_plane == nullptr) start(1);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->listeners = {listener_on(inbound, leg(protocol, Direction::kInbound, service.port())),
                           listener_on(port, std::move(outbound))};
    snapshot->tls = material;
    snapshot->forgotten_slots = std::move(forgotten);
    serve(snapshot);
  }
  // The outbound with its instance at `to`, in a slot that does not tell.
  std::shared_ptr<Destination> outbound_in_slot(uint32_t slot, uint16_t to) {
    auto made = leg(Protocol::kHttp1, Direction::kOutbound, to);
    auto set = std::make_shared<EndpointSet>(*made->routes[0].backends[0].endpoints);
    set->endpoints[0].slot = slot;
    made->routes[0].backends[0].endpoints = set;
    return made;
  }
  uint64_t handshakes() {
    uint64_t total = 0;
    for (const WorkerCounters* worker : data_plane->counters()) {
      const TlsCounters& side = worker->tls[static_cast<size_t>(TlsSide::kServer)];
      total += side.full.value() + side.resumed.value();
    }
    return total;
  }
};

TEST_F(BetweenProxies, NamesKeepTheirCaseAndOrderBothWays) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  Peer client = this->client();
  client.send(
      "GET /a HTTP/1.1\r\nUser-Agent: T\r\nHost: Shop\r\nX-MiXed: 1\r\nx-weft-names: Evil\r\nAccept: */*\r\n"
      "X-MiXed: 2\r\nCookie: \r\n\r\n");
  Peer server = accept();
  const std::string seen = server.head();
  EXPECT_TRUE(
      seen.starts_with("GET /a HTTP/1.1\r\nUser-Agent: T\r\nHost: Shop\r\nX-MiXed: 1\r\nAccept: */*\r\n"
                       "X-MiXed: 2\r\nCookie: \r\n"))
      << seen;
  EXPECT_EQ(lower(seen).find("x-weft"), std::string::npos);
  EXPECT_EQ(lower(seen).find("transfer-encoding"), std::string::npos);
  server.send(
      "HTTP/1.1 200 OK\r\nServer: S\r\nContent-Length: 2\r\nSet-Cookie: a\r\nETag: x\r\nSet-Cookie: b\r\n"
      "x-weft-names: Evil\r\n\r\nhi");
  EXPECT_EQ(client.message(),
            "HTTP/1.1 200 OK\r\nServer: S\r\nContent-Length: 2\r\nSet-Cookie: a\r\nETag: x\r\nSet-Cookie: b\r\n\r\nhi");
}

Task<void> shake(Worker& worker, Connection& connection, bool& done) {
  const HandshakeGate::Pass pass(worker.handshakes, connection);
  EXPECT_EQ(co_await shake_hands(worker, connection, pass, kNever), TlsFailure::kNone);
  done = true;
}

// Another proxy of the mesh may speak HTTP/2 as well, and means nothing by names that only ours agree on.
TEST_F(BetweenProxies, NamesAreBelievedOfOurOwnProxiesOnly) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  for (const bool ours : {true, false}) {
    test::Socket socket = test::dial(inbound);
    test::End caller(worker, test::non_blocking(socket), Http2Session::Side::kClient);
    caller.connection.start_tls(
        TlsStream::connect(material, test::named({"spiffe://td/web"}),
                           ours ? TlsApplication::kHttp : TlsApplication::kHttp1, std::make_shared<ClientSession>()),
        worker.buffers);
    bool done = false;
    spawn(shake(worker, caller.connection, done));
    ASSERT_TRUE(until([&] { return done; }));
    EXPECT_EQ(caller.connection.tls()->stream().speaks_http2(), ours);
    caller.start();
    Http2StreamPtr stream = caller.session->open();
    test::Fields fields = test::get();
    fields.push_back({"x-mixed", "1"});
    fields.push_back({"x-weft-names", "Host,X-MiXed"});
    stream->send_head(fields, true);
    flush();
    Peer server = accept();
    const std::string head = server.head();
    EXPECT_TRUE(has_line(head, ours ? "X-MiXed: 1" : "x-mixed: 1")) << head;
    EXPECT_EQ(lower(head).find("x-weft-names"), std::string::npos);
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(head_of(*stream).find("x-weft-names") != std::string::npos, ours);
    stream.reset();
    caller.connection.cancel();
    EXPECT_TRUE(until([&] { return caller.ended; }));
  }
}

TEST_F(BetweenProxies, ManyClientsShareOneConnectionAndEndsKeepTheirOwn) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  for (int i = 0; i < 5; ++i) {
    Peer client = this->client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    if (i == 0) {
      Peer server = accept();
      EXPECT_EQ(lower(server.head()).find("connection"), std::string::npos);
      server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    } else {
      Peer server = accept();
      server.head();
      server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    EXPECT_TRUE(has_line(client.rest(), "connection: close"));
  }
  EXPECT_EQ(handshakes(), 1u);
}

TEST_F(BetweenProxies, BodiesAndTrailersOfUnknownLengthPass) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nping\r\n");
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), "transfer-encoding: chunked"));
  EXPECT_EQ(server.exactly(9), "4\r\nping\r\n");
  server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n");
  EXPECT_TRUE(has_line(client.head(), "transfer-encoding: chunked"));
  EXPECT_EQ(client.exactly(9), "4\r\npong\r\n");
  client.send("0\r\nX-Sum: 1\r\n\r\n");
  EXPECT_EQ(lower(server.until("\r\n\r\n")), "0\r\nx-sum: 1\r\n\r\n");
  server.send("0\r\nX-Back: 2\r\n\r\n");
  EXPECT_EQ(lower(client.until("\r\n\r\n")), "0\r\nx-back: 2\r\n\r\n");
}

// Nothing in an extended CONNECT says that it was a POST, of which version the protocol is, or that there are two.
TEST_F(BetweenProxies, UpgradesThatHttp2HasNoWordsForArriveAsTheyWere) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  for (const std::string_view line : {"POST /exec HTTP/1.1\r\nHost: a\r\nUpgrade: SPDY/3.1\r\n",
                                      "POST /attach HTTP/1.1\r\nHost: a\r\nUpgrade: tcp\r\nContent-Length: 0\r\n",
                                      "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: IRC/6.9, websocket\r\n"}) {
    Peer client = this->client();
    client.send(cat(line, "Connection: Upgrade\r\n\r\n"));
    Peer server = accept();
    const std::string seen = server.head();
    EXPECT_TRUE(seen.starts_with(line)) << seen;
    EXPECT_TRUE(has_line(seen, "connection: upgrade"));
    server.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello");
    EXPECT_EQ(status_of(client.head()), 101u);
    EXPECT_EQ(client.exactly(5), "hello");
    client.send("there");
    EXPECT_EQ(server.exactly(5), "there");
  }
}

// Between the two a success would be a switch.
TEST_F(BetweenProxies, AnUpgradeThatTheServiceTakesNoNoticeOfIsAnOrdinaryAnswer) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  Peer client = this->client();
  for (const auto& [line, rest] : {std::pair{"HTTP/1.1 200 OK\r\n", "X-Page: a\r\nContent-Length: 2\r\n\r\nok"},
                                   {"HTTP/1.1 204 No Content\r\n", "X-Page: b\r\n\r\n"},
                                   {"HTTP/1.1 403 Forbidden\r\n", "Content-Length: 2\r\n\r\nno"}}) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    Peer server = accept();
    EXPECT_TRUE(has_line(lower(server.head()), "upgrade: websocket"));
    server.send(cat(line, "Connection: close\r\n", rest));
    const std::string answer = cat(line, rest);
    EXPECT_EQ(client.exactly(answer.size()), answer);
  }
  EXPECT_EQ(handshakes(), 1u);
}

// The first proxy adds to what an application may send at most, and tells how a hundred names were written.
TEST_F(BetweenProxies, WhatOneProxyTakesTheOtherTakesToo) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  const auto fields = [](size_t count, size_t bytes) {
    std::string lines;
    for (size_t i = 1; i < count; ++i) append(lines, "X-Of-A-Hundred: ", i, "\r\n");
    return cat(lines, "X-Large: ", std::string(bytes - lines.size() - 11, 'x'), "\r\n");
  };
  constexpr size_t kLargest = kMaxHeadSize - 256;
  for (const size_t bytes : {size_t{4000}, kLargest}) {
    Peer client = this->client();
    client.send(cat("GET / HTTP/1.1\r\nHost: a\r\n", fields(kMaxHeaders - 1, bytes), "\r\n"));
    Peer server = accept();
    const std::string seen = server.head();
    EXPECT_TRUE(seen.starts_with(cat("GET / HTTP/1.1\r\nHost: a\r\n", fields(kMaxHeaders - 1, bytes))));
    server.send(cat("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", fields(kMaxHeaders - 1, bytes), "\r\n"));
    EXPECT_EQ(client.head(), cat("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", fields(kMaxHeaders - 1, bytes), "\r\n"));
  }
  Peer client = this->client();
  client.send(cat("GET / HTTP/1.1\r\nHost: a\r\n", fields(kMaxHeaders, 4000), "\r\n"));
  EXPECT_NE(client.message().find("x-weft-reason: headers_too_large; by=outbound"), std::string::npos);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  server.head();
  server.send(cat("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", fields(kMaxHeaders, 4000), "\r\n"));
  EXPECT_NE(client.message().find("x-weft-reason: upstream_protocol_error; by=inbound"), std::string::npos);
}

TEST_F(BetweenProxies, WhatTheServicesProxySaysIsUnderstood) {
  rule.limit = 1;
  rule.on_reset = true;
  rule.base_interval = std::chrono::milliseconds(1);
  serve_pair(Protocol::kHttp1);
  Peer client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 2; ++i) {
    Peer server = accept();
    server.head();
    if (i == 0) continue;  // closed before the answer
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    EXPECT_EQ(status_of(client.head()), 200u);
  }
  service.socket.close();
  Peer other = this->client();
  other.send("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 0\r\n\r\n");
  EXPECT_NE(other.message().find("x-weft-reason: connect_failure; by=inbound"), std::string::npos);
}

TEST_F(BetweenProxies, ACallCrossesBoth) {
  rule.limit = 0;
  serve_pair(Protocol::kGrpc);
  const auto client = client2();
  Http2StreamPtr mine = ask(*client, test::post("/pkg.Shop/Buy"), false);
  const auto application = service2();
  Http2StreamPtr theirs = next(*application);
  ASSERT_NE(theirs, nullptr);
  EXPECT_EQ(theirs->head().find("x-weft"), std::string_view::npos);
  EXPECT_TRUE(has_line(theirs->head(), "x-forwarded-client-cert: URI=spiffe://td/web"));
  theirs->send_head(test::status("200"), false);
  flush();
  head_of(*mine);
  mine->send_body("question", true);
  EXPECT_EQ(content_of(*theirs), "question");
  theirs->send_body("answer", false);
  const test::Fields trailers{{"grpc-status", "0"}};
  theirs->send_trailers(trailers);
  EXPECT_EQ(content_of(*mine), "answer");
  EXPECT_EQ(mine->trailers(), "grpc-status: 0\r\n");
}

// Far more than one connection's usual window waits for a service that reads nothing.
TEST_F(BetweenProxies, UploadsThatStallStopNoOther) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp2);
  Http2Limits roomy;
  roomy.connection_window = roomy.own_connection_window;
  const auto client = client2();
  const std::string body(900'000, 'u');
  std::vector<Http2StreamPtr> mine;
  std::vector<Http2StreamPtr> theirs;
  std::unique_ptr<Wire> application;
  for (int i = 0; i < 12; ++i) {
    mine.push_back(ask(*client, test::post(), false));
    ASSERT_NE(mine.back(), nullptr);
    mine.back()->send_body(body, true);
    if (application == nullptr) application = service2(roomy);
    theirs.push_back(next(*application));
    ASSERT_NE(theirs.back(), nullptr);
  }
  const Http2StreamPtr other = ask(*client, test::post(), false);
  other->send_body(body, true);
  const Http2StreamPtr moves = next(*application);
  ASSERT_NE(moves, nullptr);
  EXPECT_EQ(content_of(*moves).size(), body.size());
  answer(*moves, "204");
  EXPECT_EQ(status_of(head_of(*other)), 204u);
  for (size_t i = 0; i < theirs.size(); ++i) {
    EXPECT_EQ(content_of(*theirs[i]).size(), body.size()) << i;
    answer(*theirs[i], "204");
    EXPECT_EQ(status_of(head_of(*mine[i])), 204u);
  }
  EXPECT_EQ(handshakes(), 1u);
}

TEST_F(BetweenProxies, InterimAnswersCrossBoth) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  Peer client = this->client();
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  Peer server = accept();
  EXPECT_TRUE(has_line(lower(server.head()), "expect: 100-continue"));
  server.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(status_of(client.head()), 100u);
  client.send("body");
  EXPECT_EQ(server.exactly(4), "body");
  server.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const std::string hints = client.head();
  EXPECT_EQ(status_of(hints), 103u);
  EXPECT_TRUE(has_line(hints, "Link: </a>"));
  EXPECT_EQ(client.message(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

TEST_F(BetweenProxies, AnotherTrustTakesNewRequestsToNewConnectionsAndOldOnesFinish) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  Peer before = this->client();
  before.send("GET /before HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer old = accept();
  old.head();
  old.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
  before.head();
  EXPECT_EQ(before.exactly(4), "half");
  EXPECT_EQ(handshakes(), 1u);
  const test::TestAuthority second(test::authority_plan("second"));
  material = test::material_of(test::workload_certificate(root, test::workload("spiffe://td/web")),
                               {test::bundle("td", {&root, &second})});
  serve_pair(Protocol::kHttp1);
  Peer after = this->client();
  after.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer fresh = accept();
  EXPECT_TRUE(fresh.head().starts_with("GET /after "));
  EXPECT_EQ(handshakes(), 2u);
  fresh.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(after.head()), 200u);
  old.send("done");
  EXPECT_EQ(before.exactly(4), "done");
}

// The slot of an instance may be another's before the connection to it is there.
TEST_F(BetweenProxies, ADialToAnAddressThatIsGoneHoldsNobodyUpAndServesNobody) {
  rule.limit = 0;
  test::TestListener silent;
  serve_pair(Protocol::kHttp1, outbound_in_slot(1, silent.port()));
  Peer first = this->client();
  first.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer gone(silent.accept());
  gone.exactly(1);
  serve_pair(Protocol::kHttp1, outbound_in_slot(1, inbound), {1});
  EXPECT_TRUE(has_line(first.message(), "x-weft-reason: connect_failure; by=outbound; flag=UF"));
  Peer second = this->client();
  second.send("GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  EXPECT_TRUE(server.head().starts_with("GET /second "));
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(second.head()), 200u);
}

TEST_F(BetweenProxies, ABreakBehindTheServicesProxyCutsTheClient) {
  rule.limit = 0;
  serve_pair(Protocol::kHttp1);
  Peer client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
  client.head();
  EXPECT_EQ(client.exactly(4), "part");
  server.socket().close();
  EXPECT_TRUE(client.reset());
}

}  // namespace
}  // namespace weft::proxy
