// Requests through a data plane over loopback sockets: what services and clients see when nothing is wrong.
#include "proxy/http/exchange.h"

#include <poll.h>

#include <thread>
#include <utility>

#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

using ExchangeTest = HttpTest;

TEST_F(ExchangeTest, PassesARequestAndItsAnswerAndKeepsBothConnections) {
  serve_http();
  Peer client = this->client();
  client.send("GET /a?b HTTP/1.1\r\nHost: backend\r\nX-Case: Kept\r\n\r\n");
  Peer server = accept();
  const std::string seen = server.head();
  EXPECT_TRUE(seen.starts_with("GET /a?b HTTP/1.1\r\nHost: backend\r\nX-Case: Kept\r\n"));
  EXPECT_TRUE(has_line(seen, "x-forwarded-proto: http"));
  EXPECT_NE(seen.find("x-request-id: "), std::string::npos);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Order: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhello");
  EXPECT_EQ(client.message(),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Order: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhello");
  client.send("GET /second HTTP/1.1\r\nHost: backend\r\nx-request-id: mine\r\n\r\n");
  const std::string second = server.head();
  EXPECT_TRUE(second.starts_with("GET /second HTTP/1.1\r\n"));
  EXPECT_TRUE(has_line(second, "x-request-id: mine"));
  EXPECT_EQ(second.find("x-request-id"), second.rfind("x-request-id"));
  server.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.head(), "HTTP/1.1 204 No Content\r\n\r\n");
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(ExchangeTest, CarriesLargeBodiesBothWays) {
  serve_http();
  Peer client = this->client();
  std::string up(3000000, 'u');
  std::string down(3000000, 'd');
  for (size_t i = 0; i < up.size(); i += 1000) up[i] = down[i] = static_cast<char>('a' + i / 1000 % 26);
  std::thread sender(
      [&] { client.send(cat("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ", up.size(), "\r\n\r\n", up)); });
  Peer server = accept();
  server.head();
  EXPECT_TRUE(server.exactly(up.size()) == up);
  sender.join();
  std::thread answerer([&] { server.send(cat("HTTP/1.1 200 OK\r\ncontent-length: ", down.size(), "\r\n\r\n", down)); });
  client.head();
  EXPECT_TRUE(client.exactly(down.size()) == down);
  answerer.join();
  client.send(kGet);
  EXPECT_TRUE(server.head().starts_with("GET / "));
}

TEST_F(ExchangeTest, AnswersMayComeBeforeTheRequestHasEnded) {
  serve_http();
  Peer client = this->client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nping\r\n");
  Peer server = accept();
  server.until("ping\r\n");
  server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n");
  EXPECT_TRUE(client.until("pong\r\n").ends_with("4\r\npong\r\n"));
  for (int i = 0; i < 3; ++i) {
    client.send("4\r\nmore\r\n");
    EXPECT_EQ(server.exactly(9), "4\r\nmore\r\n");
    server.send("4\r\nback\r\n");
    EXPECT_EQ(client.exactly(9), "4\r\nback\r\n");
  }
  client.send("0\r\nX-Sum: 1\r\n\r\n");
  EXPECT_EQ(server.exactly(15), "0\r\nX-Sum: 1\r\n\r\n");  // trailers pass
  server.send("0\r\nX-Back: 2\r\n\r\n");
  EXPECT_EQ(client.exactly(16), "0\r\nX-Back: 2\r\n\r\n");
  client.send(kGet);
  EXPECT_TRUE(server.head().starts_with("GET / "));
}

TEST_F(ExchangeTest, AnAnswerThatEndsBeforeItsRequestSaysThatTheConnectionCloses) {
  serve_http();
  const std::string piece(1 << 20, 'x');
  Peer client = this->client();
  client.send(cat("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: ", 6 * piece.size(), "\r\n\r\n"));
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 200u);
  EXPECT_TRUE(has_line(answer, "connection: close")) << answer;
  // All of it is taken.
  for (size_t sent = 0; sent < 6 * piece.size();) {
    const ssize_t more = ::send(client.socket().get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    ASSERT_GT(more, 0) << "after " << sent;
    sent += static_cast<size_t>(more);
  }
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ExchangeTest, AnAnswerThatEndsByClosingBecomesChunkedAndTheClientIsKept) {
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  {
    Peer server = accept();
    server.head();
    server.send("HTTP/1.0 200 Fine\r\nServer: old\r\n\r\nhello");
    EXPECT_TRUE(client.until("hello\r\n").ends_with("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"));  // at once
  }
  EXPECT_EQ(client.exactly(5), "0\r\n\r\n");
  client.send(kGet);
  EXPECT_TRUE(accept().head().starts_with("GET / "));
}

TEST_F(ExchangeTest, AnAnswerInHttp10WithoutAPhraseLeavesInHttp11WithOne) {
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send("HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ExchangeTest, ServesHttp10) {
  serve_http();
  Peer client = this->client();
  client.send("GET /old HTTP/1.0\r\n\r\n");
  Peer server = accept();
  const std::string seen = server.head();
  EXPECT_TRUE(seen.starts_with(cat("GET /old HTTP/1.1\r\nhost: 127.0.0.1:", port, "\r\n"))) << seen;
  server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n");
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
  Peer keeper = this->client();
  keeper.send("GET /1 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(has_line(keeper.head(), "connection: keep-alive"));
  keeper.send("GET /2 HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(server.head().starts_with("GET /2 "));
}

TEST_F(ExchangeTest, AnyTokenIsAMethodAndOptionsStarIsLegal) {
  serve_http();
  Peer client = this->client();
  Peer server(test::Socket{});
  bool first = true;
  for (const std::string_view line : {"FROB / HTTP/1.1\r\n", "OPTIONS * HTTP/1.1\r\n", "PROPFIND /x HTTP/1.1\r\n"}) {
    client.send(cat(line, "Host: a\r\n\r\n"));
    if (std::exchange(first, false)) server = accept();
    EXPECT_TRUE(server.head().starts_with(line));
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    EXPECT_EQ(status_of(client.head()), 200u);
  }
  EXPECT_EQ(status_of(refusal_of("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n")), 501u);
}

TEST_F(ExchangeTest, ForwardsTheCanonicalPathOnly) {
  serve_http();
  Peer client = this->client();
  client.send("GET /a/./b/../%41%2f//x?q=%41 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");
  EXPECT_TRUE(accept().head().starts_with("GET /a/A%2F//x?q=%41 HTTP/1.1\r\nHost: a\r\nX: y\r\n"));
}

TEST_F(ExchangeTest, ASlowClientSlowsTheServiceAndNobodyElse) {
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n");
  // The kernel's buffers on the way are all that takes bytes: the proxy reads no further than the client does.
  const std::string piece(100000, 'x');
  size_t sent = 0;
  for (;;) {
    const ssize_t taken = ::send(server.socket().get(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0) {
      pollfd waiting{server.socket().get(), POLLOUT, 0};
      if (poll(&waiting, 1, 200) == 0) break;
      continue;
    }
    sent += static_cast<size_t>(taken);
  }
  EXPECT_LT(sent, 50000000u);
  Peer other = this->client();
  other.send(kGet);
  EXPECT_TRUE(accept().head().starts_with("GET / "));
}

TEST_F(ExchangeTest, ADrainAnswersWhatRunsAndClosesWhatIdles) {
  serve_http();
  Peer idle = this->client();
  Peer busy = this->client();
  busy.send(kGet);
  Peer server = accept();
  server.head();
  idle.send(kGet);
  Peer second = accept();
  second.head();
  second.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  idle.head();
  data_plane->drain_all();
  EXPECT_TRUE(idle.closed());
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  const std::string answer = busy.rest();
  EXPECT_TRUE(has_line(answer, "connection: close"));
  EXPECT_TRUE(answer.ends_with("ok"));
}

TEST_F(ExchangeTest, CountsRequestsBytesAndTimes) {
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno");
  client.message();
  const auto requests = [](const DestinationCounters& counters) { return counters.requests_by_class[4].value(); };
  EXPECT_TRUE(test::becomes_true([&] { return sum(requests) == 1; }));
  EXPECT_EQ(sum([](const DestinationCounters& counters) { return counters.requests.value(); }), 1u);
  EXPECT_EQ(sum([](const DestinationCounters& counters) { return counters.bytes_received.value(); }), kGet.size());
  EXPECT_EQ(sum([](const DestinationCounters& counters) { return counters.bytes_sent.value(); }), 47u);
  const auto times = [](const Histogram& histogram) {
    uint64_t count = 0;
    for (size_t i = 0; i < Histogram::kBuckets; ++i) count += histogram.count(i);
    return count;
  };
  EXPECT_EQ(sum([&](const DestinationCounters& counters) { return times(counters.total) + times(counters.own); }), 2u);
}

}  // namespace
}  // namespace weft::proxy
