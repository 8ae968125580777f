// Bad behaviour of services: cases 13 and 15-17 of the fault catalogue, and what clients see of it.
#include "tests/http/test_exchange.h"
#include "tests/support/corpus.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;
using weft::test::corpus_file;
using weft::test::corpus_files;
using weft::test::CorpusFile;

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

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(C4Services, C4_13_ExpectContinueIsForwardedAndTheBodyFollowsThe100) {
  Peer client = this->client();
  client.send(corpus_file("http_head/case13_expect"));
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
  client.send(corpus_file("http_head/case13_expect"));
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
  client.send(corpus_file("http_head/case13_expect"));
  Peer server = accept();
  EXPECT_EQ(status_of(client.rest()), 408u);
}

TEST_F(C4Services, C4_15_A101BecomesATunnel) {
  Peer client = this->client();
  client.send(corpus_file("head_edits/case15_websocket"));
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
  client.send(corpus_file("head_edits/case15_websocket"));
  Peer server = accept();
  server.head();
  server.send(corpus_file("http_answer/case15_ordinary"));
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 200u);
  EXPECT_EQ(answer.find("Upgrade"), std::string::npos);
  client.send(kGet);  // still HTTP, still judged
  EXPECT_TRUE(server.head().starts_with("GET / HTTP/1.1\r\n"));
}

TEST_F(C4Services, C4_15_A101NobodyAskedForIs502) {
  EXPECT_EQ(status_of(answered(corpus_file("http_answer/case15_unasked_101"))), 502u);
  EXPECT_EQ(failures(Reason::kUpstreamProtocolError), 1u);
}

TEST_F(C4Services, C4_15_H2cIsNotATunnelPastThePolicies) {
  Peer client = this->client();
  client.send(corpus_file("head_edits/case15_h2c"));
  Peer server = accept();
  const std::string seen = lower(server.head());
  EXPECT_EQ(seen.find("upgrade"), std::string::npos);
  EXPECT_EQ(seen.find("http2"), std::string::npos);
}

TEST_F(C4Services, C4_16_AFloodOfInterimAnswersIsBounded) {
  const std::string answer = answered(corpus_file("http_answer/case16_flood"));
  EXPECT_NE(answer.find("HTTP/1.1 502 "), std::string::npos);
  EXPECT_LT(answer.size(), 4000u);
}

TEST_F(C4Services, C4_16_OneEarlyHintIsPassedOn) {
  const std::string answer = answered(corpus_file("http_answer/case16_hint"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(C4Services, C4_16_MalformedAnswersAre502) {
  std::vector<CorpusFile> files = corpus_files("http_answer", "case16_bad_");
  files.push_back({"too large", cat("HTTP/1.1 200 OK\r\nX: ", std::string(64 * 1024, 'x'), "\r\n\r\n")});
  for (const CorpusFile& file : files) {
    const std::string answer = answered(file.bytes);
    EXPECT_EQ(status_of(answer), file.name == "case16_bad_nothing_but_a_line" ? 503u : 502u) << file.name << answer;
    EXPECT_NE(answer.find(file.name == "case16_bad_nothing_but_a_line" ? "flag=UC" : "flag=UPE"), std::string::npos)
        << file.name << answer;
  }
}

TEST_F(C4Services, C4_16_AnswersWithoutABodyMayNotHaveOne) {
  for (const CorpusFile& file : corpus_files("http_answer", "case16_bodyless_")) {
    SCOPED_TRACE(file.name);
    const bool is_head = file.name.find("head") != std::string::npos;
    Peer client = this->client();
    client.send(is_head ? "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" : kGet);
    Peer server = accept();
    server.head();
    server.send(file.bytes);
    EXPECT_EQ(client.head(), file.bytes.substr(0, file.bytes.find("\r\n\r\n") + 4));
    EXPECT_EQ(server.rest(), "");  // what came behind makes the connection unusable
    client.send(kGet);
    Peer second = accept();
    EXPECT_TRUE(second.head().starts_with("GET / "));
    second.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    EXPECT_TRUE(client.message().ends_with("ok"));
  }
}

TEST_F(C4Services, C4_16_WhatFollowsAnAnswerIsNobodys) {
  for (const CorpusFile& file : corpus_files("http_answer", "case16_more_")) {
    SCOPED_TRACE(file.name);
    Peer client = this->client();
    client.send(kGet);
    Peer server = accept();
    server.head();
    server.send(file.bytes);
    EXPECT_TRUE(client.until("hello").ends_with("hello"));
    EXPECT_EQ(server.rest(), "");
    client.send(kGet);
    Peer second = accept();
    second.head();
    second.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    EXPECT_EQ(client.until("ok").find("poison"), std::string::npos);
  }
}

TEST_F(C4Services, C4_16_ATruncatedAnswerIsCutNeverEndedCleanly) {
  for (const CorpusFile& file : corpus_files("http_answer", "case16_cut_")) {
    Peer client = this->client();
    client.send(kGet);
    {
      Peer server = accept();
      server.head();
      server.send(file.bytes);
    }
    EXPECT_TRUE(client.reset()) << file.name;
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
  client.send(corpus_file("http_head/case17_post"));
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
  client.send(corpus_file("http_head/case17_post"));
  EXPECT_TRUE(first.message().starts_with("POST /pay "));
  first.socket().close();
  const std::string answer = client.message();
  EXPECT_EQ(status_of(answer), 503u);
  EXPECT_NE(answer.find("flag=UC"), std::string::npos) << answer;
}

}  // namespace
}  // namespace weft::proxy
