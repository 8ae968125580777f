// What is legal and odd adds up (docs/limits.md): first the connection is told to end, then it is cut.
#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

struct GlitchesOfHttp1 : HttpTest {
  uint64_t seen(Glitch kind) { return data_plane->counters()[0]->glitches[static_cast<size_t>(kind)].value(); }
  void serve_with(uint32_t limit) {
    start(1, {.glitches = limit});
    serve_http();
  }
  // The answer to `request`, from a service that is always well.
  std::string answer_to(Peer& client, Peer& server, std::string_view request) {
    client.send(request);
    server.head();
    server.send(kOk);
    return client.message();
  }
};

TEST_F(GlitchesOfHttp1, EmptyLinesBeforeRequestsAddUpToAnEndInOrder) {
  serve_with(8);
  Peer client = this->client();
  client.send(cat("\r\n", kGet));
  Peer server = accept();
  server.head();
  server.send(kOk);
  EXPECT_FALSE(has_line(client.message(), "connection: close"));
  for (int i = 2; i < 6; ++i) {
    EXPECT_FALSE(has_line(answer_to(client, server, cat("\r\n", kGet)), "connection: close")) << i;
  }
  EXPECT_TRUE(has_line(answer_to(client, server, cat("\r\n", kGet)), "connection: close"));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(seen(Glitch::kEmptyLine), 6u);
  EXPECT_EQ(data_plane->counters()[0]->glitch_ends.value(), 1u);
}

TEST_F(GlitchesOfHttp1, HeadsByteByByteAddUp) {
  serve_with(8);
  Peer client = this->client();
  // Each byte is taken before the next is sent: after the usual pieces that is counted, before the loop has turned.
  bool cut = false;
  const std::string head = cat("GET /", std::string(200, 'a'), " HTTP/1.1\r\nHost: a\r\n\r\n");
  uint64_t pieces = 0;
  for (const char byte : head) {
    const uint64_t odd = seen(Glitch::kSlowHead);
    const uint64_t turns = data_plane->counters()[0]->loop_turns.value();
    client.send(std::string_view(&byte, 1));
    const bool counted = ++pieces > 17;
    test::becomes_true([&] {
      cut = data_plane->counters()[0]->glitch_cuts.value() > 0;
      return cut || (counted ? seen(Glitch::kSlowHead) > odd : data_plane->counters()[0]->loop_turns.value() > turns);
    });
    if (cut) break;
  }
  EXPECT_TRUE(cut);
  EXPECT_TRUE(client.closed());
}

TEST_F(GlitchesOfHttp1, SixtyFourRequestsAtOnceAreNotOdd) {
  serve_with(8);
  Peer client = this->client();
  std::string all;
  for (int i = 0; i < 64; ++i) all += kGet;
  client.send(all);
  Peer server = accept();
  for (int i = 0; i < 64; ++i) {
    server.head();
    server.send(kOk);
    EXPECT_FALSE(has_line(client.message(), "connection: close")) << i;
  }
  EXPECT_EQ(seen(Glitch::kPipelining), 0u);
}

TEST_F(GlitchesOfHttp1, HundredsOfRequestsAtOnceAreToldToEnd) {
  serve_with(8);
  Peer client = this->client();
  std::string all;
  for (int i = 0; i < 200; ++i) all += kGet;
  client.send(all);
  Peer server = accept();
  int answered = 0;
  for (;;) {
    if (server.head().empty()) break;
    ++answered;
    server.send(kOk);
    if (has_line(client.message(), "connection: close")) break;
  }
  EXPECT_EQ(answered, 64 + 6);
}

TEST_F(GlitchesOfHttp1, C4_05_ChunkExtensionsAddUp) {
  serve_with(8);
  Peer client = this->client();
  std::string request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 6; ++i) request += "1;a=b\r\nx\r\n";
  client.send(cat(request, "0\r\n\r\n"));
  Peer server = accept();
  server.until("0\r\n\r\n");
  server.send(kOk);
  EXPECT_FALSE(has_line(client.message(), "connection: close"));
  EXPECT_TRUE(has_line(answer_to(client, server, kGet), "connection: close"));
  EXPECT_EQ(seen(Glitch::kChunkExtension), 6u);
}

TEST_F(GlitchesOfHttp1, ABodyOfSingleBytesIsRefusedInTheEnd) {
  serve_with(8);
  Peer client = this->client();
  std::string request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 16 * 8; ++i) request += "1\r\nx\r\n";
  client.send(request);
  EXPECT_EQ(status_of(client.rest()), 400u);
  EXPECT_EQ(seen(Glitch::kTinyChunks), 8u);
}

TEST_F(GlitchesOfHttp1, AThousandSmallEventsAreNoOffence) {
  serve_with(8);
  Peer client = this->client();
  std::string request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1000; ++i) request += "9\r\nsmall one\r\n";
  client.send(cat(request, "0\r\n\r\n"));
  Peer server = accept();
  server.until("\r\n0\r\n\r\n");
  server.send(kOk);
  EXPECT_FALSE(has_line(client.message(), "connection: close"));
}

TEST_F(GlitchesOfHttp1, WithoutALimitNobodyIsTooOdd) {
  serve_with(0);
  Peer client = this->client();
  client.send(cat("\r\n", kGet));
  Peer server = accept();
  server.head();
  server.send(kOk);
  client.message();
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(has_line(answer_to(client, server, cat("\r\n", kGet)), "connection: close")) << i;
  }
  EXPECT_EQ(seen(Glitch::kEmptyLine), 21u);
}

}  // namespace
}  // namespace weft::proxy
