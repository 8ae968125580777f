// What clients and services see of a sidecar when nothing special is configured, line by line; what other tests here
// show already is left to them.
#include <vector>

#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kEmpty = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

struct Basics : HttpTest {
  void SetUp() override { serve_http(); }
};

TEST_F(Basics, AServiceThatClosesBeforeItsAnswerIs503AndTheClientIsKept) {
  Peer client = this->client();
  client.send(kGet);
  { accept().head(); }
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 503u);
  EXPECT_FALSE(has_line(answer, "connection: close"));
  client.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(accept().head().starts_with("GET /again "));
}

TEST_F(Basics, XForwardedForIsKeptAndNotExtended) {
  Peer client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n\r\n");
  const std::string seen = accept().head();
  EXPECT_TRUE(has_line(seen, "X-Forwarded-For: 192.0.2.1, 192.0.2.2"));
  EXPECT_EQ(seen.find("127.0.0.1"), std::string::npos);
}

TEST_F(Basics, XForwardedProtoOfTheClientIsKeptWhenItIsOne) {
  Peer client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\n\r\n");
  Peer server = accept();
  const std::string seen = lower(server.head());
  EXPECT_TRUE(has_line(seen, "x-forwarded-proto: https"));
  EXPECT_EQ(seen.find("x-forwarded-proto"), seen.rfind("x-forwarded-proto"));
  server.send(kEmpty);
  client.head();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: gopher\r\n\r\n");
  EXPECT_TRUE(has_line(lower(server.head()), "x-forwarded-proto: http"));
}

TEST_F(Basics, AHeadRequestKeepsTheLengthAndBothConnections) {
  Peer client = this->client();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
  EXPECT_EQ(client.head(), "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
  client.send(kGet);
  EXPECT_TRUE(server.head().starts_with("GET / "));
}

TEST_F(Basics, AnswersWithoutABodyKeepBothConnections) {
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  for (const std::string_view answer : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n"}) {
    server.head();
    server.send(answer);
    EXPECT_EQ(client.head(), answer);
    client.send(kGet);
  }
  EXPECT_TRUE(server.head().starts_with("GET / "));
}

TEST_F(Basics, AnEmptyHostIsRefusedAloneAndNobodyElseSuffers) {
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  EXPECT_EQ(status_of(refusal_of("GET / HTTP/1.1\r\nHost:\r\n\r\n")), 400u);
  server.send(kEmpty);
  EXPECT_EQ(status_of(client.message()), 200u);
  client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(server.head().starts_with("GET /next "));  // the same connection
}

TEST_F(Basics, HeadsOfNearly60KilobytesAnd100FieldsPassBothWays) {
  Peer client = this->client();
  const std::string large = cat("X-Large: ", std::string(58 * 1024, 'x'));
  client.send(cat("GET /large HTTP/1.1\r\nHost: a\r\n", large, "\r\n\r\n"));
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), large));
  server.send(cat("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", large, "\r\n\r\n"));
  EXPECT_TRUE(has_line(client.head(), large));
  std::string many;
  for (int i = 0; i < 99; ++i) append(many, "X-", i, ": y\r\n");
  client.send(cat("GET /many HTTP/1.1\r\nHost: a\r\n", many, "\r\n"));
  EXPECT_NE(server.head().find(many), std::string::npos);
  server.send(cat("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", many, "\r\n"));
  EXPECT_NE(client.head().find(many), std::string::npos);
}

TEST_F(Basics, TrailersThatTheClientAsksForAreAskedForBehind) {
  Peer client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n");
  EXPECT_TRUE(has_line(accept().head(), "TE: trailers"));
}

}  // namespace
}  // namespace weft::proxy
