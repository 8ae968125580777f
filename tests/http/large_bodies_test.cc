// Bodies that are large enough to go through pipes.
#include <atomic>
#include <optional>
#include <thread>

#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::HttpTest;
using test::Peer;
using test::status_of;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr size_t kSize = 6 << 20;

std::string large_body() {
  std::string body(kSize, '\0');
  for (size_t i = 0; i < kSize; ++i) body[i] = static_cast<char>('a' + i % 23 + i / 65536 % 3);
  return body;
}
std::string large_request(std::string_view more = {}) {
  return cat("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: ", kSize, "\r\n", more, "\r\n");
}
std::string large_head() { return cat("HTTP/1.1 200 OK\r\ncontent-length: ", kSize, "\r\n\r\n"); }

struct LargeBodies : HttpTest {
  const std::string body = large_body();
  void SetUp() override { serve_http(); }
  uint64_t spliced() { return data_plane->counters()[0]->bytes_spliced.value(); }
};

TEST_F(LargeBodies, ArriveWholeAndTheConnectionServesTheNextRequest) {
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  for (int i = 0; i < 3; ++i) {
    server.head();
    std::thread sender([&] {
      server.send(large_head());
      server.send(body);
    });
    client.head();
    EXPECT_EQ(client.exactly(kSize), body);
    sender.join();
    EXPECT_TRUE(test::becomes_true([&] { return data_plane->active_exchanges() == 0; }));
    client.send(kGet);
  }
  EXPECT_TRUE(server.head().starts_with("GET / ")) << "on the connection there is";
  EXPECT_GT(spliced(), kSize);
  EXPECT_EQ(sum([](const auto& c) { return c.connections_opened.value(); }), 1u);
}

TEST_F(LargeBodies, WhatComesBehindThemIsNobodysAnswer) {
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  std::thread sender([&] { server.send(large_head() + body + "HTTP/1.1 200 OK\r\nx-smuggled: 1\r\n\r\n"); });
  client.head();
  EXPECT_EQ(client.exactly(kSize), body);
  sender.join();
  client.send(kGet);
  Peer another = accept();
  another.head();
  another.send("HTTP/1.1 204 No Content\r\n\r\n");
  const std::string answer = client.head();
  EXPECT_EQ(status_of(answer), 204u);
  EXPECT_EQ(answer.find("smuggled"), std::string::npos);
}

TEST_F(LargeBodies, OnesThatBreakOffAreCut) {
  Peer client = this->client();
  client.send(kGet);
  {
    Peer server = accept();
    server.head();
    std::thread sender([&] { server.send(large_head() + body.substr(0, kSize / 2)); });
    client.head();
    EXPECT_EQ(client.exactly(kSize / 2), body.substr(0, kSize / 2));
    sender.join();
  }
  EXPECT_EQ(client.rest(), "");
  EXPECT_EQ(failures(Reason::kUpstreamClosed) + failures(Reason::kUpstreamReset), 1u);
}

TEST_F(LargeBodies, AreTakenFromClientsWholeAndTheConnectionServesTheNextRequest) {
  Peer client = this->client();
  std::optional<Peer> server;
  for (int i = 0; i < 3; ++i) {
    std::thread sender([&] {
      client.send(large_request());
      client.send(body);
    });
    if (!server) server.emplace(accept());
    EXPECT_TRUE(server->head().starts_with("POST / "));
    EXPECT_EQ(server->exactly(kSize), body);
    sender.join();
    server->send("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(status_of(client.head()), 204u);
    EXPECT_TRUE(test::becomes_true([&] { return data_plane->active_exchanges() == 0; }));
  }
  EXPECT_GT(spliced(), kSize);
  EXPECT_EQ(sum([](const auto& c) { return c.connections_opened.value(); }), 1u);
  EXPECT_GT(sum([](const auto& c) { return c.bytes_received.value(); }), 3 * kSize);
}

TEST_F(LargeBodies, WhatComesBehindARequestIsTheNextOne) {
  Peer client = this->client();
  std::thread sender([&] { client.send(large_request() + body + std::string(kGet)); });
  Peer server = accept();
  server.head();
  EXPECT_EQ(server.exactly(kSize), body);
  sender.join();
  server.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(status_of(client.head()), 204u);
  EXPECT_TRUE(server.head().starts_with("GET / "));
}

TEST_F(LargeBodies, AServiceThatAnswersBeforeItHasReadThemIsNotAskedAgainOnThatConnection) {
  Peer client = this->client();
  std::atomic<bool> answered = false;
  std::thread sender([&] {
    client.send(large_request());
    client.send(std::string_view(body).substr(0, kSize - 1));
    while (!answered) std::this_thread::yield();
  });
  Peer server = accept();
  server.head();
  server.exactly(1 << 20);
  server.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n");
  server.exactly(kSize - (1 << 20) - 1);
  const std::string answer = client.head();
  answered = true;
  EXPECT_EQ(status_of(answer), 413u);
  EXPECT_NE(answer.find("connection: close"), std::string::npos);
  sender.join();
  EXPECT_EQ(server.rest(), "");
}

TEST_F(LargeBodies, AClientThatLeavesInItsRequestEndsIt) {
  Peer client = this->client();
  std::thread sender([&] {
    client.send(large_request());
    client.send(std::string_view(body).substr(0, kSize / 2));
    client.socket().abort();
  });
  Peer server = accept();
  server.head();
  sender.join();
  server.rest();
  EXPECT_TRUE(test::becomes_true([&] { return data_plane->active_exchanges() == 0; }));
  EXPECT_EQ(failures(Reason::kDownstreamClosed), 1u);
  EXPECT_TRUE(test::becomes_true([&] { return data_plane->open_connections() == 0; }));
}

TEST_F(LargeBodies, AServiceThatLeavesInARequestIsAFailure) {
  Peer client = this->client();
  std::thread sender([&] {
    client.send(large_request());
    for (size_t at = 0; at < kSize; at += 65536) {
      const std::string_view piece = std::string_view(body).substr(at, 65536);
      if (::send(client.socket().get(), piece.data(), piece.size(), MSG_NOSIGNAL) <= 0) break;
    }
  });
  {
    Peer server = accept();
    server.head();
    server.exactly(1 << 20);
    server.socket().abort();
  }
  EXPECT_EQ(status_of(client.head()), 503u);
  sender.join();
  EXPECT_TRUE(test::becomes_true([&] { return data_plane->active_exchanges() == 0; }));
}

TEST_F(LargeBodies, AClientThatLeavesEndsIt) {
  Peer server{test::Socket()};
  {
    Peer client = this->client();
    client.send(kGet);
    server = accept();
    server.head();
    server.send(large_head());
    server.send(body.substr(0, 1 << 20));
    client.head();
    client.exactly(1 << 20);
    client.socket().abort();
  }
  EXPECT_TRUE(test::becomes_true([&] { return data_plane->active_exchanges() == 0; }));
  EXPECT_TRUE(test::becomes_true([&] { return data_plane->open_connections() == 0; }));
}

}  // namespace
}  // namespace weft::proxy
