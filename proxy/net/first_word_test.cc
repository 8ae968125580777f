// Permissive inbounds of TCP services: whoever speaks first says what a connection is. Case 63 of the fault catalogue.
#include "proxy/net/first_word.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "proxy/net/tls_peer_for_test.h"
#include "proxy/test_data_plane.h"
#include "proxy/tls/certificates_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using test::becomes_true;
using test::dial;
using test::Socket;
using test::TestListener;
using test::TlsPeer;

constexpr const char* kShop = "spiffe://td/shop";

struct AllowAll final : Policy {
  bool judges_connections() const override { return true; }
};

struct FirstWord : test::DataPlaneTest {
  test::TestAuthority root;
  std::shared_ptr<const TlsMaterial> shop = test::member(root, kShop);
  std::shared_ptr<const PeerNames> names = test::named({kShop});
  TestListener application;
  const uint16_t inbound = test::free_port();
  TlsRule rule{.mode = TlsRule::Mode::kPermissive};
  std::shared_ptr<const Policy> guard = std::make_shared<AllowAll>();
  milliseconds idle{0};

  void SetUp() override {
    start(1);
    serve_inbound();
  }
  void serve_inbound() {
    auto destination = test::tcp_destination({application.port()});
    destination->direction = Direction::kInbound;
    destination->connection.tls = rule;
    destination->connection.idle_timeout = idle;
    if (guard != nullptr) destination->routes[0].policies = PolicyChain({guard});
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->listeners = {test::listener_on(inbound, destination)};
    snapshot->tls = shop;
    serve(snapshot);
  }
  TlsPeer peer_on(Socket socket, const std::shared_ptr<const TlsMaterial>& shown) {
    return {std::move(socket), TlsStream::connect(shown, names, TlsApplication::kTcp, nullptr)};
  }
  uint64_t unchecked() {
    return sum([](const DestinationCounters& counters) { return counters.connections_unchecked.value(); });
  }
};

TEST_F(FirstWord, C4_63_AServiceThatSpeaksFirstIsHeardAtOnce) {
  Clock::duration quickest = std::chrono::hours(1);
  for (int i = 0; i < 10; ++i) {
    const TimePoint begun = Clock::now();
    Socket client = dial(inbound);
    Socket service = application.accept();
    service.send("220 ready");
    ASSERT_EQ(client.receive_exactly(9), "220 ready");
    quickest = std::min(quickest, Clock::now() - begun);
    client.send("QUIT");
    EXPECT_EQ(service.receive_exactly(4), "QUIT");
  }
  EXPECT_LT(quickest, milliseconds(5));
  EXPECT_EQ(unchecked(), 10u);
}

TEST_F(FirstWord, C4_63_AClientThatIsSilentForAWhileIsServedByWhatItSaysThen) {
  Socket plain = dial(inbound);
  Socket service = application.accept();
  plain.send("PING");
  EXPECT_EQ(service.receive_exactly(4), "PING");
  service.send("PONG");
  EXPECT_EQ(plain.receive_exactly(4), "PONG");
  EXPECT_EQ(unchecked(), 1u);

  Socket foreign = dial(inbound);
  Socket secure = application.accept();
  const std::string hello("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9);
  foreign.send(hello);
  EXPECT_EQ(secure.receive_exactly(hello.size()), hello);
}

TEST_F(FirstWord, AMeshClientThatSpeaksLateIsStillServedAsOne) {
  Socket socket = dial(inbound);
  Socket service = application.accept();
  TlsPeer peer = peer_on(std::move(socket), shop);
  ASSERT_TRUE(peer.shake());
  peer.send("question");
  EXPECT_EQ(service.receive_exactly(8), "question") << "on the connection that was opened for it";
  service.send("answer");
  EXPECT_EQ(peer.receive(6), "answer");
  EXPECT_EQ(unchecked(), 0u);
}

TEST_F(FirstWord, ALateMeshClientThatIsRefusedNeverReachesTheService) {
  test::TestAuthority foreign(test::authority_plan("foreign"));
  Socket socket = dial(inbound);
  Socket service = application.accept();
  TlsPeer peer = peer_on(
      std::move(socket),
      test::material_of(test::workload_certificate(foreign, test::workload(kShop)), {test::bundle("td", {&root})}));
  peer.shake();
  peer.send("question");
  EXPECT_EQ(peer.receive(100), "");
  EXPECT_EQ(service.receive(), "") << "it closes without a byte";

  // Known, and nobody lets it in.
  guard = nullptr;
  serve_inbound();
  TlsPeer known = peer_on(dial(inbound), shop);
  Socket second = application.accept();
  ASSERT_TRUE(known.shake());
  known.send("question");
  EXPECT_EQ(second.receive(), "");
}

// Its own fault: every proxy of ours has said hello when it is accepted.
TEST_F(FirstWord, AHelloAfterTheServiceHasSpokenIsTheServicesToRead) {
  TlsPeer peer = peer_on(dial(inbound), shop);
  Socket service = application.accept();
  service.send("220 ready");
  std::string first(9, '\0');
  ASSERT_EQ(recv(peer.socket.get(), first.data(), first.size(), MSG_PEEK | MSG_WAITALL), 9);
  EXPECT_FALSE(peer.shake());
  EXPECT_EQ(service.receive(1), "\x16");
}

TEST_F(FirstWord, ASilentClientThatLeavesTakesItsConnectionAlong) {
  {
    Socket client = dial(inbound);
    Socket service = application.accept();
    client.close();
    EXPECT_EQ(service.receive(), "");
  }
  Socket asking = dial(inbound);
  Socket service = application.accept();
  shutdown(asking.get(), SHUT_WR);
  EXPECT_EQ(service.receive(), "");
  service.send("still an answer");
  EXPECT_EQ(asking.receive_exactly(15), "still an answer");
}

TEST_F(FirstWord, ASilentClientIsSentAwayWhenPlainTrafficIsNoLongerAccepted) {
  Socket client = dial(inbound);
  Socket service = application.accept();
  rule.mode = TlsRule::Mode::kStrict;
  serve_inbound();
  EXPECT_EQ(client.receive(), "");
  EXPECT_EQ(service.receive(), "");
}

TEST_F(FirstWord, WhereNobodySpeaksTheIdleTimeEndsIt) {
  idle = milliseconds(30);
  serve_inbound();
  Socket client = dial(inbound);
  Socket service = application.accept();
  EXPECT_EQ(client.receive(), "");
  EXPECT_EQ(service.receive(), "");
  EXPECT_TRUE(becomes_true([&] { return data_plane->open_connections() == 0; }));
}

TEST_F(FirstWord, AStopEndsSilentClients) {
  Socket client = dial(inbound);
  Socket service = application.accept();
  data_plane->stop();
  // The stop may come before the proxy knows that the service has accepted.
  EXPECT_LE(client.receive().size(), 4u);
  EXPECT_LE(service.receive().size(), 4u);
  EXPECT_EQ(data_plane->open_connections(), 0u);
}

}  // namespace
}  // namespace weft::proxy
