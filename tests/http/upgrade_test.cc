// Protocol switches between any two ends: HTTP/1.1 upgrades and extended CONNECT (RFC 8441).
#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "proxy/http/websocket.h"
#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::Fields;
using test::has_line;
using test::Http2Test;
using test::Peer;
using test::status;
using test::status_of;

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::string_view kUpgrade =
    "GET /ws?a=b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

std::string value_of(std::string_view head, std::string_view name) {
  const std::string mark = cat("\r\n", name, ": ");
  const size_t at = lower(head).find(mark);
  if (at == std::string::npos) return "";
  const std::string_view rest = head.substr(at + mark.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

struct Upgrades : Http2Test {
  static Fields connect(std::string_view protocol = "websocket") {
    return {{":method", "CONNECT"}, {":protocol", protocol}, {":scheme", "http"},
            {":authority", "a"},    {":path", "/ws?a=b"},    {"sec-websocket-version", "13"}};
  }
  static std::string switching(std::string_view accept) {
    return cat(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        accept, "\r\n\r\n");
  }
  void send(Http2Stream& stream, std::string_view bytes, bool end = false) {
    stream.send_body(bytes, end);
    until([&] { return stream.drained() || stream.end() != StreamEnd::kNone; });
    flush();
  }
  void serve_http2() {
    destination->protocol = Protocol::kHttp2;
    serve_http();
  }
  // A service of HTTP/2 that the proxy has talked to, and knows to take tunnels.
  std::unique_ptr<Wire> known_service(Peer& client) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    std::unique_ptr<Wire> service = service2();
    Http2StreamPtr first = next(*service);
    if (first == nullptr) return nullptr;
    answer(*first, "204");
    client.head();
    return service;
  }
  // An extended CONNECT that the service has granted.
  Http2StreamPtr tunnel(Wire& client, std::unique_ptr<Peer>& server) {
    Http2StreamPtr stream = ask(client, connect(), false);
    server = std::make_unique<Peer>(accept());
    server->send(switching(websocket_accept(value_of(server->head(), "sec-websocket-key"))));
    EXPECT_EQ(head_of(*stream), "HTTP/1.1 200\r\n\r\n");
    return stream;
  }
};

TEST_F(Upgrades, AnUpgradeReachesAServiceOfHttp2AsAnExtendedConnect) {
  serve_http2();
  Peer client = this->client();
  const auto service = known_service(client);
  ASSERT_NE(service, nullptr);
  client.send(kUpgrade);
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(stream->tunnel());
  EXPECT_TRUE(
      stream->head().starts_with("GET /ws?a=b HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"))
      << stream->head();
  stream->send_head(status("200"), false);
  send(*stream, "hello");
  const std::string head = client.head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_TRUE(has_line(head, "connection: upgrade"));
  EXPECT_TRUE(has_line(head, "upgrade: websocket"));
  EXPECT_TRUE(has_line(head, cat("sec-websocket-accept: ", kAccept))) << head;
  EXPECT_EQ(client.exactly(5), "hello");
  client.send("from the client");
  EXPECT_EQ(content_of(*stream, 15), "from the client");
  shutdown(client.socket().get(), SHUT_WR);
  EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
  send(*stream, "last", true);
  EXPECT_EQ(client.rest(), "last");
}

// Which bytes are the body's and which the other protocol's is more than some can tell apart.
TEST_F(Upgrades, OneThatBringsABodyIsAnOrdinaryRequest) {
  serve_http();
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 4\r\n\r\nbody");
  Peer server = accept();
  const std::string seen = lower(server.head());
  EXPECT_EQ(seen.find("upgrade"), std::string::npos) << seen;
  EXPECT_EQ(server.exactly(4), "body");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(client.message()), 200u);
}

TEST_F(Upgrades, AServiceOfHttp2MayRefuse) {
  serve_http2();
  Peer client = this->client();
  const auto service = known_service(client);
  client.send(kUpgrade);
  Http2StreamPtr stream = next(*service);
  answer(*stream, "403", "not here");
  const std::string head = client.head();
  EXPECT_EQ(status_of(head), 403u);
  EXPECT_EQ(head.find("upgrade"), std::string::npos);
}

TEST_F(Upgrades, AResetOfTheServiceCutsTheClient) {
  serve_http2();
  Peer client = this->client();
  const auto service = known_service(client);
  client.send(kUpgrade);
  Http2StreamPtr stream = next(*service);
  stream->send_head(status("200"), false);
  flush();
  EXPECT_EQ(status_of(client.head()), 101u);
  stream->reset(8);
  flush();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(failures(Reason::kUpstreamReset), 1u);
}

TEST_F(Upgrades, AServiceThatNobodyKnowsYetIsWaitedForUntilItSaysThatItTakesTunnels) {
  serve_http2();
  Peer client = this->client();
  client.send(kUpgrade);
  const auto service = service2();
  Http2StreamPtr stream = next(*service);
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(stream->tunnel());
  stream->send_head(status("200"), false);
  send(*stream, "hello");
  EXPECT_EQ(status_of(client.head()), 101u);
  EXPECT_EQ(client.exactly(5), "hello");
}

TEST_F(Upgrades, ATunnelCrossesTwoEndsOfHttp2) {
  serve_http2();
  const auto client = client2();
  Http2StreamPtr mine = ask(*client, connect(), false);
  const auto service = service2();
  Http2StreamPtr theirs = next(*service);
  ASSERT_NE(theirs, nullptr);
  EXPECT_TRUE(theirs->tunnel());
  EXPECT_EQ(theirs->head().find("sec-websocket-key"), std::string_view::npos);
  theirs->send_head(status("200"), false);
  send(*theirs, "from the service");
  EXPECT_EQ(head_of(*mine), "HTTP/1.1 200\r\n\r\n");
  EXPECT_EQ(content_of(*mine, 16), "from the service");
  send(*mine, "last word", true);
  EXPECT_EQ(content_of(*theirs, 9), "last word");
  EXPECT_TRUE(until([&] { return theirs->peer_ended(); }));
  EXPECT_FALSE(mine->peer_ended());
  send(*theirs, "farewell", true);
  EXPECT_EQ(content_of(*mine), "farewell");
  EXPECT_TRUE(mine->peer_ended());
  EXPECT_EQ(mine->end(), StreamEnd::kNone);

  mine = ask(*client, connect(), false);
  theirs = next(*service);
  theirs->send_head(status("200"), false);
  flush();
  head_of(*mine);
  theirs->reset(8);
  flush();
  EXPECT_TRUE(ended(*mine, StreamEnd::kReset));
  mine = ask(*client, connect(), false);
  theirs = next(*service);
  theirs->send_head(status("200"), false);
  flush();
  head_of(*mine);
  mine->reset(8);
  flush();
  EXPECT_TRUE(ended(*theirs, StreamEnd::kReset));
  EXPECT_TRUE(until([&] { return service->end.session->open_streams() == 0; }));
}

TEST_F(Upgrades, AServiceThatSpeaksHttp2AndTakesNoTunnelsIsAskedOverHttp1) {
  serve_http2();
  Peer client = this->client();
  client.send(kUpgrade);
  Peer service = accept();
  service.send(test::settings());
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), cat("Sec-WebSocket-Key: ", kKey)));
  server.send(switching(kAccept));
  EXPECT_EQ(status_of(client.head()), 101u);
  // What it said is remembered as long as the connection is there.
  Peer another = this->client();
  another.send(kUpgrade);
  Peer next = accept();
  EXPECT_TRUE(has_line(next.head(), cat("Sec-WebSocket-Key: ", kKey)));
}

TEST_F(Upgrades, AServiceThatDoesNotSpeakHttp2AfterAllIsAskedOverHttp1) {
  serve_http2();
  Peer client = this->client();
  client.send(kUpgrade);
  {
    Peer service = accept();
    service.until("SM\r\n\r\n");
    service.send("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
  }
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), cat("Sec-WebSocket-Key: ", kKey)));
  server.send(switching(kAccept));
  EXPECT_TRUE(has_line(client.head(), cat("Sec-WebSocket-Accept: ", kAccept)));
  client.send("ping");
  EXPECT_EQ(server.exactly(4), "ping");
}

TEST_F(Upgrades, C4_31_AnExtendedConnectIsAnUpgradeForAServiceOfHttp1) {
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, connect(), false);
  Peer server = accept();
  const std::string seen = server.head();
  EXPECT_TRUE(seen.starts_with("GET /ws?a=b HTTP/1.1\r\nhost: a\r\n")) << seen;
  EXPECT_TRUE(has_line(seen, "connection: upgrade"));
  EXPECT_TRUE(has_line(seen, "upgrade: websocket"));
  const std::string key = value_of(seen, "sec-websocket-key");
  EXPECT_EQ(key.size(), 24u) << seen;
  server.send(cat(switching(websocket_accept(key)), "first"));
  const std::string head = head_of(*stream);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200\r\n")) << head;
  EXPECT_EQ(head.find("upgrade"), std::string::npos);
  EXPECT_EQ(content_of(*stream, 5), "first");
  send(*stream, "second");
  EXPECT_EQ(server.exactly(6), "second");
}

TEST_F(Upgrades, C4_31_AHalfCloseIsCarriedEitherWay) {
  serve_http();
  const auto client = client2();
  std::unique_ptr<Peer> server;
  Http2StreamPtr stream = tunnel(*client, server);
  send(*stream, "done", true);
  EXPECT_EQ(server->rest(), "done");
  server->send("answer");
  EXPECT_EQ(content_of(*stream, 6), "answer");
  EXPECT_FALSE(stream->peer_ended());
  shutdown(server->socket().get(), SHUT_WR);
  EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
  EXPECT_EQ(stream->end(), StreamEnd::kNone);

  stream = tunnel(*client, server);
  shutdown(server->socket().get(), SHUT_WR);
  EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
  send(*stream, "still", true);
  EXPECT_EQ(server->rest(), "still");
  EXPECT_EQ(failures(Reason::kDownstreamClosed), 0u);
}

TEST_F(Upgrades, C4_31_AResetOnOneSideEndsTheOther) {
  serve_http();
  const auto client = client2();
  std::unique_ptr<Peer> server;
  Http2StreamPtr stream = tunnel(*client, server);
  stream->reset(8);
  flush();
  EXPECT_TRUE(server->closed());
  EXPECT_EQ(failures(Reason::kDownstreamClosed), 1u);
  stream = tunnel(*client, server);
  server->socket().abort();
  EXPECT_TRUE(ended(*stream, StreamEnd::kReset));
  EXPECT_EQ(stream->error_code(), 8u);
}

TEST_F(Upgrades, C4_31_ProtocolsThatWouldCarryRequestsPastThePoliciesAreRefused) {
  serve_http();
  const auto client = client2();
  for (const std::string_view protocol : {"h2c", "HTTP", "TLS"}) {
    Http2StreamPtr stream = ask(*client, connect(protocol), false);
    EXPECT_EQ(status_of(head_of(*stream)), 501u) << protocol;
  }
}

TEST_F(Upgrades, C4_31_AnAnswerThatIsNoSwitchDoesNotLookLikeOne) {
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, connect("whatever"), false);
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), "upgrade: whatever"));
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  EXPECT_EQ(status_of(head_of(*stream)), 502u);
  stream = ask(*client, connect(), false);
  Peer second = accept();
  second.head();
  second.send("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 2\r\n\r\nno");
  EXPECT_EQ(status_of(head_of(*stream)), 426u);
  EXPECT_EQ(content_of(*stream, 2), "no");
}

TEST_F(Upgrades, C4_31_AnAcceptThatDoesNotFitIsRefused) {
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, connect(), false);
  Peer server = accept();
  server.head();
  server.send(switching(kAccept));
  EXPECT_EQ(status_of(head_of(*stream)), 502u);
  EXPECT_TRUE(server.closed());
}

// A frame of 1 GiB by its own header; what the service does not read, the client does not get rid of.
TEST_F(Upgrades, C4_31_AHugeMessageIsStreamedAndNeverBuffered) {
  serve_http();
  const auto client = client2();
  std::unique_ptr<Peer> server;
  Http2StreamPtr stream = tunnel(*client, server);
  const std::string_view frame("\x82\x7f\0\0\0\0\x40\0\0\0", 10);
  send(*stream, frame);
  const std::string piece(64 * 1024, 'x');
  constexpr size_t kAll = 32 * 1024 * 1024;
  size_t sent = 0;
  for (int idle = 0; idle < 100 && sent < kAll;) {
    if (stream->drained()) {
      stream->send_body(piece, false);
      sent += piece.size();
      idle = 0;
    }
    flush();
    ++idle;
  }
  EXPECT_LT(sent, kAll / 2);  // the windows and the kernel's buffers, and no more
  std::string begin;
  size_t received = 0;
  std::string buffer(256 * 1024, '\0');
  EXPECT_TRUE(until([&] {
    const ssize_t some = recv(server->socket().get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (some > 0 && begin.size() < frame.size()) begin.append(buffer, 0, static_cast<size_t>(some));
    if (some > 0) received += static_cast<size_t>(some);
    return received == sent + frame.size();
  })) << received
      << " of " << sent;
  EXPECT_TRUE(begin.starts_with(frame));
}

// A second SIGTERM, the end of a drain, or memory that runs out.
TEST_F(Upgrades, ATunnelDoesNotOutliveAProxyThatEndsAtOnce) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  for (const bool stalled : {false, true}) {
    serve_http();
    Peer client = this->client();
    client.send(kUpgrade);
    Peer server = accept();
    server.head();
    server.send(switching(kAccept));
    EXPECT_EQ(status_of(client.head()), 101u);
    // Stalled: both directions wait for somebody to read.
    const std::string much(64 * 1024, 'm');
    for (Peer* const peer : {&client, &server}) {
      pollfd room{peer->socket().get(), POLLOUT, 0};
      while (stalled && poll(&room, 1, 200) > 0 && ::send(room.fd, much.data(), much.size(), kFlags) > 0) continue;
    }
    data_plane.reset();
    char byte;
    EXPECT_TRUE(stalled || recv(client.socket().get(), &byte, 1, 0) <= 0);
  }
}

TEST_F(Upgrades, ATunnelThatIdlesEnds) {
  plan().stream_idle_timeout = std::chrono::milliseconds(50);
  serve_http();
  const auto client = client2();
  std::unique_ptr<Peer> server;
  Http2StreamPtr stream = tunnel(*client, server);
  EXPECT_TRUE(ended(*stream, StreamEnd::kReset));
  EXPECT_TRUE(server->closed());
  EXPECT_EQ(failures(Reason::kStreamIdleTimeout), 1u);
}

TEST_F(Upgrades, TheRequestTimeoutEndsWithTheSwitch) {
  plan().request_timeout = std::chrono::milliseconds(60);
  serve_http();
  const auto client = client2();
  std::unique_ptr<Peer> server;
  Http2StreamPtr stream = tunnel(*client, server);
  send(*stream, "end", true);  // all of it has come, but it is no request any more
  const TimePoint later = Clock::now() + std::chrono::milliseconds(150);
  until([&] { return Clock::now() > later; });
  server->send("late");
  EXPECT_EQ(content_of(*stream, 4), "late");
}

TEST_F(Upgrades, AServiceThatNeverAnswersAnUpgradeIsBounded) {
  plan().request_timeout = std::chrono::milliseconds(50);
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, connect(), false);
  Peer server = accept();
  EXPECT_EQ(status_of(head_of(*stream)), 504u);
}

}  // namespace
}  // namespace weft::proxy
