// Bad behaviour of services: cases 13 and 15-17 of the fault catalogue, and what clients see of it.
#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

struct C4Services : HttpTest {
  void SetUp() override { serve_http(); }
  // What a client gets when the service answers `answer` to a GET and closes.
  std::string answered(std::string_view answer, std::string_view method = "GET") {
    Peer client = this->client();
    client.send(cat(method, " / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    {
      Peer server = accept();
      server.head();
      server.send(answer);
    }
    return client.rest();
  }
};

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(C4Services, C4_13_ExpectContinueIsForwardedAndTheBodyFollowsThe100) {
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), "Expect: 100-continue"));
  server.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(server.exactly(5), "hello");
  server.send("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(status_of(client.head()), 201u);
  client.send(kGet);
  EXPECT_EQ(server.head().substr(0, 4), "GET ");
}

TEST_F(C4Services, C4_13_AFinalAnswerInsteadOfThe100EndsTheConnection) {
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
  const std::string answer = client.rest();
  EXPECT_EQ(status_of(answer), 403u);
  EXPECT_TRUE(has_line(answer, "connection: close"));
  EXPECT_EQ(server.rest(), "");  // never used again
}

TEST_F(C4Services, C4_13_A100ThatNeverComesIsBounded) {
  destination = std::make_shared<Destination>(*destination);
  plan().stream_idle_timeout = std::chrono::milliseconds(40);
  serve_http();
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  Peer server = accept();
  EXPECT_EQ(status_of(client.rest()), 408u);
}

TEST_F(C4Services, C4_15_A101BecomesATunnel) {
  Peer client = this->client();
  client.send(kUpgrade);
  Peer server = accept();
  const std::string seen = server.head();
  EXPECT_TRUE(has_line(seen, "Upgrade: websocket"));
  EXPECT_TRUE(has_line(seen, "connection: upgrade"));
  server.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst");
  const std::string answer = client.head();
  EXPECT_TRUE(has_line(answer, "Upgrade: websocket"));
  EXPECT_TRUE(has_line(answer, "connection: upgrade"));
  EXPECT_EQ(client.exactly(5), "first");
  client.send("GET not http\n\n");
  EXPECT_EQ(server.exactly(14), "GET not http\n\n");
  const std::string much(300000, 'x');
  server.send(std::string_view(much).substr(0, 100000));
  EXPECT_EQ(client.exactly(100000).size(), 100000u);
  shutdown(client.socket().get(), SHUT_WR);
  EXPECT_EQ(server.rest(), "");
  server.send("last");
  server.socket().close();
  EXPECT_EQ(client.rest(), "last");
}

TEST_F(C4Services, C4_15_A200ToAnUpgradeIsAnOrdinaryAnswer) {
  Peer client = this->client();
  client.send(kUpgrade);
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\nUpgrade: websocket\r\ncontent-length: 2\r\n\r\nok");
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 200u);
  EXPECT_EQ(answer.find("Upgrade"), std::string::npos);
  client.send(kGet);  // still HTTP, still judged
  EXPECT_TRUE(server.head().starts_with("GET / HTTP/1.1\r\n"));
}

TEST_F(C4Services, C4_15_A101NobodyAskedForIs502) {
  EXPECT_EQ(status_of(answered("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")), 502u);
  EXPECT_EQ(failures(Reason::kUpstreamProtocolError), 1u);
}

TEST_F(C4Services, C4_15_H2cIsNotATunnelPastThePolicies) {
  Peer client = this->client();
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
      "AAMA\r\n\r\n");
  Peer server = accept();
  const std::string seen = lower(server.head());
  EXPECT_EQ(seen.find("upgrade"), std::string::npos);
  EXPECT_EQ(seen.find("http2"), std::string::npos);
}

TEST_F(C4Services, C4_16_AFloodOfInterimAnswersIsBounded) {
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
  const std::string answer = answered(flood + "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_NE(answer.find("HTTP/1.1 502 "), std::string::npos);
  EXPECT_LT(answer.size(), 4000u);
}

TEST_F(C4Services, C4_16_OneEarlyHintIsPassedOn) {
  const std::string answer =
      answered("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(C4Services, C4_16_MalformedAnswersAre502) {
  for (const std::string& bad :
       {std::string("garbage\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(61 * 1024, 'x') + "\r\n\r\n"}) {
    const std::string answer = answered(bad);
    EXPECT_EQ(status_of(answer), 502u) << bad.substr(0, 80);
    EXPECT_NE(answer.find("flag=UPE"), std::string::npos);
  }
}

TEST_F(C4Services, C4_16_AnswersWithoutABodyMayNotHaveOne) {
  for (const std::string_view head :
       {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"}) {
    Peer client = this->client();
    client.send(kGet);
    Peer server = accept();
    server.head();
    server.send(cat(head, "extra"));
    EXPECT_EQ(client.head(), head);
    EXPECT_EQ(server.rest(), "");  // what came behind makes the connection unusable
    client.send(kGet);
    EXPECT_TRUE(accept().head().starts_with("GET / "));
  }
  Peer client = this->client();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(client.head(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(server.rest(), "");
}

TEST_F(C4Services, C4_16_ATruncatedAnswerIsCutNeverEndedCleanly) {
  for (const std::string_view answer : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
                                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX"}) {
    Peer client = this->client();
    client.send(kGet);
    {
      Peer server = accept();
      server.head();
      server.send(answer);
    }
    EXPECT_TRUE(client.reset()) << answer;
  }
}

TEST_F(C4Services, C4_17_AGetOnAConnectionThatJustClosedIsRepeatedOnAFreshOne) {
  Peer client = this->client();
  client.send(kGet);
  Peer first = accept();
  first.head();
  first.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  client.head();
  client.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
  first.head();
  first.socket().close();  // without a word, after it was read
  Peer second = accept();
  EXPECT_TRUE(second.head().starts_with("GET /again "));
  second.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  EXPECT_TRUE(client.message().ends_with("ok"));
}

TEST_F(C4Services, C4_17_APostThatWasReadBeforeAResetIsNotSentAgain) {
  Peer client = this->client();
  client.send(kGet);
  Peer first = accept();
  first.head();
  first.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  client.head();
  client.send("POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n10");
  EXPECT_TRUE(first.message().starts_with("POST /pay "));
  first.socket().abort();
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 503u);
  EXPECT_NE(answer.find("flag=UR"), std::string::npos) << answer;
}

TEST_F(C4Services, C4_17_APostThatWasReadIsNotSentAgain) {
  Peer client = this->client();
  client.send(kGet);
  Peer first = accept();
  first.head();
  first.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  client.head();
  client.send("POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n10");
  EXPECT_TRUE(first.message().starts_with("POST /pay "));
  first.socket().close();
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 503u);
  EXPECT_NE(answer.find("flag=UC"), std::string::npos) << answer;
}

}  // namespace
}  // namespace weft::proxy
