#include "proxy/net/tcp_relay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <numeric>
#include <string>
#include <thread>

#include "base/text.h"
#include "proxy/test_data_plane.h"
#include "proxy/tls/client_hello_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using test::becomes_true;
using test::dial;
using test::Socket;
using test::TestListener;

struct TcpRelayTest : test::DataPlaneTest {
  TestListener service;
  const uint16_t port = test::free_port();
  std::shared_ptr<Destination> destination = test::tcp_destination({service.port()});

  void serve_destination() {
    start(1);
    serve(test::snapshot_of({test::listener_on(port, destination)}));
  }
  uint64_t failures(Reason reason) {
    return sum([reason](const DestinationCounters& c) { return c.failures[static_cast<size_t>(reason)].value(); });
  }
};

TEST_F(TcpRelayTest, CarriesBytesBothWaysAndCountsThem) {
  serve_destination();
  Socket client = dial(port);
  client.send("ping");
  Socket server = service.accept();
  EXPECT_EQ(server.receive(), "ping");
  server.send("pong!");
  EXPECT_EQ(client.receive(), "pong!");
  EXPECT_EQ(data_plane->active_exchanges(), 1u);
  EXPECT_EQ(data_plane->open_connections(), 1u);
  client.close();
  EXPECT_EQ(server.receive(), "");
  server.close();
  EXPECT_TRUE(becomes_true([&] { return data_plane->open_connections() == 0; }));
  EXPECT_EQ(data_plane->active_exchanges(), 0u);
  EXPECT_EQ(sum([](const auto& c) { return c.bytes_received.value(); }), 4u);
  EXPECT_EQ(sum([](const auto& c) { return c.bytes_sent.value(); }), 5u);
  EXPECT_EQ(sum([](const auto& c) { return c.connections_opened.value(); }), 1u);
}

TEST_F(TcpRelayTest, LetsTheServerSpeakFirst) {
  serve_destination();
  Socket client = dial(port);
  service.accept().send("220 welcome");
  EXPECT_EQ(client.receive(), "220 welcome");
}

TEST_F(TcpRelayTest, AHalfCloseLeavesTheOtherDirectionOpen) {
  serve_destination();
  Socket client = dial(port);
  client.send("question");
  shutdown(client.get(), SHUT_WR);
  Socket server = service.accept();
  EXPECT_EQ(server.receive_exactly(9), "question");
  server.send("a late answer");
  server.close();
  EXPECT_EQ(client.receive_exactly(100), "a late answer");
  EXPECT_TRUE(becomes_true([&] { return data_plane->open_connections() == 0; }));
}

TEST_F(TcpRelayTest, AResetByTheServerIsAResetForTheClient) {
  serve_destination();
  Socket client = dial(port);
  client.send("x");
  Socket server = service.accept();
  EXPECT_EQ(server.receive(), "x");
  server.abort();
  EXPECT_EQ(client.receive(), "!" + std::to_string(ECONNRESET));
}

TEST_F(TcpRelayTest, AResetByTheClientIsAResetForTheServer) {
  serve_destination();
  Socket client = dial(port);
  client.send("x");
  Socket server = service.accept();
  EXPECT_EQ(server.receive(), "x");
  client.abort();
  EXPECT_EQ(server.receive(), "!" + std::to_string(ECONNRESET));
}

TEST_F(TcpRelayTest, AClientThatResetsAfterItsHalfCloseEndsTheSession) {
  serve_destination();
  Socket client = dial(port);
  client.send("x");
  shutdown(client.get(), SHUT_WR);
  Socket server = service.accept();
  EXPECT_EQ(server.receive_exactly(2), "x");
  client.abort();
  EXPECT_TRUE(becomes_true([&] { return data_plane->open_connections() == 0; }));
}

TEST_F(TcpRelayTest, ASlowReaderSlowsTheSenderAndLosesNothing) {
  serve_destination();
  Socket client = dial(port);
  Socket server = service.accept();
  constexpr size_t kSize = 64 << 20;
  std::atomic<size_t> sent = 0;
  std::thread sender([&] {
    std::string block(1 << 16, '\0');
    for (size_t at = 0; at < kSize; at += block.size()) {
      std::iota(block.begin(), block.end(), static_cast<char>(at >> 16));
      client.send(block);
      sent += block.size();
    }
    shutdown(client.get(), SHUT_WR);
  });
  // The sender stands still when the queues of both connections are full: long before the end.
  size_t seen = 0;
  while (seen != sent || seen == 0) {
    seen = sent;
    for (int i = 0; i < 10000; ++i) std::this_thread::yield();
  }
  EXPECT_LT(seen, kSize);
  const std::string all = server.receive_exactly(kSize + 1);
  ASSERT_EQ(all.size(), kSize);
  for (size_t at = 0; at < kSize; at += 1 << 16) ASSERT_EQ(all[at + 1], static_cast<char>((at >> 16) + 1));
  sender.join();
}

// Both directions at once, past what is copied: every byte in its place, moved by pipes.
TEST_F(TcpRelayTest, C4_63_MuchGoesThroughPipesAndArrivesWhole) {
  serve_destination();
  Socket client = dial(port);
  Socket server = service.accept();
  static constexpr size_t kSize = 48 << 20;
  const auto send_all = [](Socket& socket, char tag) {
    std::string block(100'000, '\0');
    for (size_t at = 0; at < kSize; at += block.size()) {
      std::iota(block.begin(), block.end(), static_cast<char>(tag + at / block.size()));
      socket.send(std::string_view(block).substr(0, std::min(block.size(), kSize - at)));
    }
    shutdown(socket.get(), SHUT_WR);
  };
  const auto check = [](Socket& socket, char tag) {
    const std::string all = socket.receive_exactly(kSize + 1);
    ASSERT_EQ(all.size(), kSize);
    for (size_t at = 0; at < kSize; at += 997) {
      ASSERT_EQ(all[at], static_cast<char>(tag + at / 100'000 + at % 100'000)) << at;
    }
  };
  std::thread up([&] { send_all(client, 1); });
  std::thread down([&] { send_all(server, 2); });
  std::thread read_up([&] { check(server, 1); });
  check(client, 2);
  read_up.join();
  up.join();
  down.join();
  EXPECT_GT(data_plane->counters()[0]->bytes_spliced.value(), kSize);
  EXPECT_TRUE(becomes_true([&] { return data_plane->open_connections() == 0; }));
}

TEST_F(TcpRelayTest, SmallMessagesAfterManyBytesAreCopiedAgain) {
  serve_destination();
  Socket client = dial(port);
  Socket server = service.accept();
  constexpr size_t kSize = 4 << 20;
  std::thread sender([&] { server.send(std::string(kSize, 'x')); });
  EXPECT_EQ(client.receive_exactly(kSize).size(), kSize);
  sender.join();
  const Counter& spliced = data_plane->counters()[0]->bytes_spliced;
  EXPECT_GT(spliced.value(), 0u);
  const uint64_t before = spliced.value();
  for (int i = 0; i < 20; ++i) {
    client.send("ping");
    EXPECT_EQ(server.receive_exactly(4), "ping");
    server.send("pong");
    EXPECT_EQ(client.receive_exactly(4), "pong");
  }
  EXPECT_LE(spliced.value() - before, 4u) << "but for the one that shows that it is small";
}

// In the ordinary run as long as shows what counts in 32 bits; WEFT_TEST_STREAM_GIB=10 makes it longer.
TEST_F(TcpRelayTest, C4_63_AStreamLongerThan32BitsCount) {
  serve_destination();
  Socket client = dial(port);
  Socket server = service.accept();
  uint64_t gibibytes = 0;
  if (const char* wanted = std::getenv("WEFT_TEST_STREAM_GIB"); wanted != nullptr) parse_number(wanted, gibibytes);
  const uint64_t size = gibibytes != 0 ? gibibytes << 30 : (uint64_t{1} << 32) + (64 << 20);
  std::thread sender([&] {
    const std::string block(4 << 20, 'x');
    for (uint64_t sent = 0; sent < size; sent += block.size()) client.send(block);
    client.close();
  });
  uint64_t arrived = 0;
  std::string unread(1 << 20, '\0');
  for (ssize_t got = 1; got > 0; arrived += static_cast<uint64_t>(got)) {
    got = std::max<ssize_t>(recv(server.get(), unread.data(), unread.size(), MSG_TRUNC), 0);
  }
  sender.join();
  EXPECT_EQ(arrived, size);
  server.close();
  EXPECT_TRUE(becomes_true([&] { return data_plane->open_connections() == 0; }));
  EXPECT_EQ(sum([](const auto& c) { return c.bytes_received.value(); }), size);
}

TEST_F(TcpRelayTest, AServiceThatRefusesIsCountedAndTheClientReset) {
  destination = test::tcp_destination({test::free_port()});
  destination->routes[0].plan.tcp_connect_attempts = 3;
  serve_destination();
  Socket client = dial(port);
  EXPECT_EQ(client.receive(), "!" + std::to_string(ECONNRESET));
  EXPECT_EQ(failures(Reason::kConnectFailure), 1u);
  EXPECT_EQ(sum([](const auto& c) { return c.connect_failures.value(); }), 3u);
  EXPECT_EQ(sum([](const auto& c) { return c.retries.value(); }), 2u);
  EXPECT_EQ(sum([](const auto& c) { return c.retries_exhausted.value(); }), 1u);
}

TEST_F(TcpRelayTest, AnotherAttemptGoesToAnotherEndpoint) {
  destination = test::tcp_destination({test::free_port(), service.port()});
  destination->routes[0].plan.tcp_connect_attempts = 2;
  serve_destination();
  for (int i = 0; i < 4; ++i) {
    Socket client = dial(port);
    service.accept().send("here");
    EXPECT_EQ(client.receive(), "here");
  }
}

TEST_F(TcpRelayTest, WithoutEndpointsTheClientIsReset) {
  destination = test::tcp_destination({});
  serve_destination();
  Socket client = dial(port);
  EXPECT_EQ(client.receive(), "!" + std::to_string(ECONNRESET));
  EXPECT_EQ(failures(Reason::kNoHealthyUpstream), 1u);
}

TEST_F(TcpRelayTest, AnIdleSessionEnds) {
  destination->connection.idle_timeout = milliseconds(30);
  serve_destination();
  Socket client = dial(port);
  Socket server = service.accept();
  EXPECT_EQ(client.receive(), "");
  EXPECT_EQ(server.receive(), "");
}

TEST_F(TcpRelayTest, ASessionEndsWithItsMaximumDurationThoughBytesMove) {
  destination->connection.max_connection_duration = milliseconds(60);
  serve_destination();
  Socket client = dial(port);
  Socket server = service.accept();
  // Answers as soon as it is spoken to, so the session is never idle.
  std::thread echo([&] {
    for (std::string text = server.receive(); text.size() == 1; text = server.receive()) {
      if (::send(server.get(), text.data(), 1, MSG_NOSIGNAL) != 1) return;
    }
  });
  const TimePoint start = Clock::now();
  for (;;) {
    if (::send(client.get(), "x", 1, MSG_NOSIGNAL) != 1) break;
    const std::string text = client.receive();
    if (text != "x") break;
  }
  EXPECT_GE(Clock::now() - start, milliseconds(40));
  client.close();
  echo.join();
}

TEST_F(TcpRelayTest, StopEndsSessionsInWhateverState) {
  serve_destination();
  Socket talking = dial(port);
  Socket server = service.accept();
  Socket half_closed = dial(port);
  shutdown(half_closed.get(), SHUT_WR);
  Socket other_server = service.accept();
  EXPECT_EQ(other_server.receive(), "");
  data_plane->stop();
  EXPECT_EQ(data_plane->open_connections(), 0u);
  EXPECT_EQ(talking.receive(), "");
  EXPECT_EQ(server.receive(), "");
}

TEST_F(TcpRelayTest, StopEndsASessionThatIsStillConnecting) {
  TestListener full(0);
  std::vector<Socket> queued;
  for (int i = 0; i < 4; ++i) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(socket.get(), full.raw(), sizeof full.address);
    queued.push_back(std::move(socket));
  }
  destination = test::tcp_destination({full.port()});
  serve_destination();
  Socket client = dial(port);
  ASSERT_TRUE(becomes_true([&] { return data_plane->active_exchanges() == 1; }));
  data_plane->stop();
  EXPECT_EQ(data_plane->open_connections(), 0u);
}

TEST_F(TcpRelayTest, TlsOfTheClientsOwnPassesAndIsCountedByTheNameItAsksFor) {
  serve_destination();
  const std::string hello = test::hello_asking(test::name_list("db.example"));
  Socket client = dial(port);
  Socket server = service.accept();
  for (size_t at = 0; at < hello.size(); at += 2) {
    client.send(hello.substr(at, 2));
    EXPECT_EQ(server.receive_exactly(std::min<size_t>(2, hello.size() - at)), hello.substr(at, 2)) << "nothing is held";
  }
  Socket nameless = dial(port);
  nameless.send(std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9));
  EXPECT_EQ(service.accept().receive(), std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9));
  EXPECT_EQ(sum([](const auto& c) { return c.connections_with_own_tls.value(); }), 2u);
  const auto asked = data_plane->counters()[0]->asked_names.list();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].text, "db.example");
}

}  // namespace
}  // namespace weft::proxy
