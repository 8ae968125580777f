// Listeners with server names: TLS passes untouched to where the name it asks for leads. Case 37 of the fault
// catalogue.
#include "proxy/net/name_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "proxy/net/tls_peer_for_test.h"
#include "proxy/route/server_names.h"
#include "proxy/test_data_plane.h"
#include "proxy/tls/certificates_for_test.h"
#include "proxy/tls/client_hello_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using test::becomes_true;
using test::dial;
using test::hello_asking;
using test::name_list;
using test::Socket;
using test::TestListener;
using test::TlsPeer;

constexpr const char* kAlert = "\x15\x03\x03";
const std::string kReset = "!" + std::to_string(ECONNRESET);

struct NameChoiceTest : test::DataPlaneTest {
  TestListener shop, bank, own;
  const uint16_t port = test::free_port();
  std::shared_ptr<Destination> destination = test::tcp_destination({own.port()});
  std::shared_ptr<Destination> to_shop = place("shop", 1, shop);
  std::shared_ptr<Destination> to_bank = place("bank", 2, bank);
  std::shared_ptr<const TlsMaterial> material = nullptr;

  static std::shared_ptr<Destination> place(const std::string& name, uint32_t slot, const TestListener& service) {
    auto made = test::tcp_destination({service.port()});
    made->name = name;
    made->counters_slot = slot;
    return made;
  }
  void SetUp() override {
    start(1, {.hello_time = milliseconds(300)});
    serve_names();
  }
  void serve_names() {
    auto names = std::make_shared<ServerNames>();
    EXPECT_TRUE(names->add("shop.example.com", to_shop));
    EXPECT_TRUE(names->add("*.bank.example.com", to_bank));
    EXPECT_TRUE(names->add("broken.example.com", nullptr));
    auto listener = test::listener_on(port, destination);
    listener->server_names = names;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->listeners = {listener};
    snapshot->tls = material;
    serve(snapshot);
  }
  void without_own() {
    destination = std::make_shared<Destination>();
    serve_names();
  }
  const WorkerCounters& worker() { return *data_plane->counters()[0]; }
  uint64_t unrouted(Unrouted why) { return worker().connections_unrouted[static_cast<size_t>(why)].value(); }
  bool nothing_open() {
    return becomes_true([&] { return data_plane->open_connections() == 0; });
  }
  // The service gets these bytes as they are.
  static void expect_arrives(TestListener& service, const std::string& bytes) {
    Socket accepted = service.accept();
    EXPECT_EQ(accepted.receive_exactly(bytes.size()), bytes);
  }
  void expect_goes_to(TestListener& service, const std::string& bytes) {
    Socket client = dial(port);
    client.send(bytes);
    expect_arrives(service, bytes);
  }
  // The worker has turned since: what came was looked at.
  void let_it_look() {
    const uint64_t turns = worker().loop_turns.value();
    EXPECT_TRUE(becomes_true([&] { return worker().loop_turns.value() > turns; }));
  }
};

TEST_F(NameChoiceTest, TlsReachesTheServerWhoseNameItAsksForAndItsCertificateIsThatServers) {
  const test::TestAuthority root;
  const auto caller = test::member(root, "spiffe://td/caller");
  const auto serve_once = [&](TestListener& service, const char* who) {
    TlsPeer server(service.accept(), TlsStream::accept(test::member(root, who), {}, TlsApplication::kTcp));
    ASSERT_TRUE(server.shake());
    EXPECT_EQ(server.receive(4), "ping");
    server.send(who);
    server.end();
  };
  std::thread shops([&] { serve_once(shop, "spiffe://td/shop"); });
  std::thread banks([&] { serve_once(bank, "spiffe://td/bank"); });
  for (const auto& [name, who] : {std::pair<std::string, std::string>{"shop.example.com", "spiffe://td/shop"},
                                  {"a.b.bank.example.com", "spiffe://td/bank"}}) {
    TlsPeer client(dial(port), TlsStream::connect(caller, test::named({who}, name), TlsApplication::kTcp, nullptr));
    ASSERT_TRUE(client.shake()) << name;
    client.send("ping");
    EXPECT_EQ(client.receive(100), who);
    EXPECT_TRUE(client.ended);
  }
  shops.join();
  banks.join();
  EXPECT_TRUE(nothing_open());
  EXPECT_EQ(worker().find(1)->connections_with_own_tls.value(), 1u);
  EXPECT_EQ(worker().find(2)->connections_opened.value(), 1u);
  EXPECT_EQ(worker().find(0), nullptr) << "nothing of the listener's own";
}

TEST_F(NameChoiceTest, C4_37_AHelloFindsItsWayHoweverItIsCut) {
  const std::string hello = hello_asking(name_list("shop.example.com"));
  for (size_t cut = 1; cut < hello.size(); ++cut) {
    Socket client = dial(port);
    client.send(hello.substr(0, cut));
    let_it_look();
    client.send(hello.substr(cut));
    expect_arrives(shop, hello);
  }
  Socket slow = dial(port);
  for (const char byte : hello) slow.send({&byte, 1});
  expect_arrives(shop, hello);
  std::string pieces;
  for (const char byte : hello.substr(5)) pieces += std::string("\x16\x03\x01\x00\x01", 5) + byte;
  expect_goes_to(shop, pieces);
}

TEST_F(NameChoiceTest, NamesAreComparedInOneForm) {
  expect_goes_to(shop, hello_asking(name_list("SHOP.Example.COM")));
  expect_goes_to(shop, hello_asking(name_list("shop.example.com.")));
  expect_goes_to(bank, hello_asking(name_list("A.bank.example.com.")));
}

TEST_F(NameChoiceTest, WhatAsksForNoneOfThemGoesToTheListenersOwnDestination) {
  const std::string known = name_list("shop.example.com");
  const std::string again = name_list("bank.example.com");
  for (const std::string& list :
       {name_list("other.example.com"), again, name_list(""), name_list("10.0.0.1"), name_list("::1"),
        name_list("shop.example.com.."), known + again, std::string(), std::string("\0\0", 2)}) {
    expect_goes_to(own, hello_asking(list));
  }
  const std::string both = std::string("\0\x26", 2) + known.substr(2) + known.substr(2);
  expect_goes_to(own, hello_asking(both));
  for (const char* text : {"GET / HTTP/1.1\r\n\r\n", "\x15\x03\x01", "SSH-2.0-x\r\n", "\x80\x2e\x01\x03\x01"}) {
    expect_goes_to(own, text);
  }
  expect_goes_to(own, std::string("\x16\x03\x01\x00\x05hello", 10));
  EXPECT_EQ(worker().find(1), nullptr);
}

TEST_F(NameChoiceTest, C4_37_AHelloThatIsTooLongNamesNobody) {
  std::string endless("\x16\x03\x01\x40\x00\x01\x00\xff\xff", 9);
  endless.resize(20'000, 'x');
  expect_goes_to(own, endless);
  without_own();
  Socket client = dial(port);
  client.send(endless);
  EXPECT_TRUE(client.receive().starts_with(kAlert));
  EXPECT_EQ(unrouted(Unrouted::kNoName), 1u);
}

TEST_F(NameChoiceTest, WithoutADestinationOfItsOwnEverythingElseIsClosedAndCounted) {
  without_own();
  const auto answer = [&](const std::string& bytes) {
    Socket client = dial(port);
    client.send(bytes);
    const std::string said = client.receive();
    if (said.starts_with(kAlert)) EXPECT_EQ(client.receive(), "") << "an orderly end";
    return said;
  };
  EXPECT_EQ(answer(hello_asking(name_list("other.example.com"))), std::string("\x15\x03\x03\x00\x02\x02\x70", 7));
  EXPECT_EQ(unrouted(Unrouted::kUnknownName), 1u);
  EXPECT_TRUE(answer(hello_asking("")).starts_with(kAlert));
  EXPECT_EQ(unrouted(Unrouted::kNoName), 1u);
  EXPECT_TRUE(answer(hello_asking(name_list("broken.example.com"))).starts_with(kAlert));
  EXPECT_EQ(unrouted(Unrouted::kLeadsNowhere), 1u);
  EXPECT_EQ(answer("GET / HTTP/1.1\r\n\r\n"), kReset);
  EXPECT_EQ(unrouted(Unrouted::kNotTls), 1u);
  expect_goes_to(shop, hello_asking(name_list("shop.example.com")));
  EXPECT_TRUE(nothing_open());
}

TEST_F(NameChoiceTest, ANameThatLeadsNowhereDoesNotGoToTheListenersOwnInstead) {
  Socket client = dial(port);
  client.send(hello_asking(name_list("broken.example.com")));
  EXPECT_TRUE(client.receive().starts_with(kAlert));
  EXPECT_EQ(unrouted(Unrouted::kLeadsNowhere), 1u);
}

TEST_F(NameChoiceTest, C4_37_AHelloThatNeverEndsIsClosedInTime) {
  const std::string hello = hello_asking(name_list("shop.example.com"));
  for (const size_t size : {size_t{1}, size_t{5}, hello.size() - 1}) {
    Socket client = dial(port);
    client.send(hello.substr(0, size));
    EXPECT_EQ(client.receive(), kReset);
  }
  EXPECT_EQ(unrouted(Unrouted::kIncomplete), 3u);
  Socket leaves = dial(port);
  leaves.send(hello.substr(0, 20));
  shutdown(leaves.get(), SHUT_WR);
  EXPECT_EQ(leaves.receive(), kReset);
  EXPECT_EQ(unrouted(Unrouted::kIncomplete), 4u);
}

TEST_F(NameChoiceTest, WithoutADestinationOfItsOwnASilentClientIsClosedInTime) {
  without_own();
  Socket client = dial(port);
  EXPECT_EQ(client.receive(), kReset);
  EXPECT_EQ(unrouted(Unrouted::kSilent), 1u);
  dial(port).close();
  EXPECT_TRUE(nothing_open());
  EXPECT_EQ(unrouted(Unrouted::kSilent), 1u) << "who leaves without a word is nothing to look at";
}

TEST_F(NameChoiceTest, AServiceThatSpeaksFirstIsHeard) {
  Clock::duration quickest = std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) {
    const TimePoint begun = Clock::now();
    Socket client = dial(port);
    Socket service = own.accept();
    service.send("220 ready");
    ASSERT_EQ(client.receive_exactly(9), "220 ready");
    quickest = std::min(quickest, Clock::now() - begun);
    client.send("QUIT");
    EXPECT_EQ(service.receive_exactly(4), "QUIT");
  }
  EXPECT_LT(quickest, milliseconds(200));
}

TEST_F(NameChoiceTest, AClientThatSpeaksLateStillGoesWhereItsNameLeads) {
  Socket client = dial(port);
  Socket called = own.accept();  // because it might be the one to speak
  const std::string hello = hello_asking(name_list("shop.example.com"));
  client.send(hello);
  Socket service = shop.accept();
  EXPECT_EQ(service.receive_exactly(hello.size()), hello);
  EXPECT_EQ(called.receive(), "") << "it ends without a byte";
  service.send("hi");
  EXPECT_EQ(client.receive_exactly(2), "hi");
  client.close();
  service.close();
  EXPECT_TRUE(nothing_open());
  EXPECT_EQ(data_plane->active_exchanges(), 0u);
}

TEST_F(NameChoiceTest, AClientThatOnlyListensIsServedByTheListenersOwn) {
  Socket client = dial(port);
  shutdown(client.get(), SHUT_WR);
  Socket service = own.accept();
  EXPECT_EQ(service.receive(), "");
  service.send("the time is");
  service.close();
  EXPECT_EQ(client.receive_exactly(100), "the time is");
}

TEST_F(NameChoiceTest, HalfClosesAndResetsStayWhatTheyAre) {
  const std::string hello = hello_asking(name_list("shop.example.com"));
  Socket client = dial(port);
  client.send(hello);
  shutdown(client.get(), SHUT_WR);
  Socket service = shop.accept();
  EXPECT_EQ(service.receive_exactly(hello.size() + 1), hello);
  service.send("late");
  service.close();
  EXPECT_EQ(client.receive_exactly(100), "late");
  Socket other = dial(port);
  other.send(hello);
  Socket there = shop.accept();
  EXPECT_EQ(there.receive_exactly(hello.size()), hello);
  there.abort();
  EXPECT_EQ(other.receive(), kReset);
}

TEST_F(NameChoiceTest, AnotherConfigurationLeavesWhatIsRelayedAlone) {
  const std::string hello = hello_asking(name_list("shop.example.com"));
  Socket client = dial(port);
  client.send(hello);
  Socket before = shop.accept();
  EXPECT_EQ(before.receive_exactly(hello.size()), hello);
  to_shop = place("moved", 3, bank);
  serve_names();
  expect_goes_to(bank, hello);
  before.send("still");
  EXPECT_EQ(client.receive_exactly(5), "still");
}

TEST_F(NameChoiceTest, AnHttpListenerHandsOverOnlyItsNames) {
  destination->protocol = Protocol::kHttp1;
  serve_names();
  expect_goes_to(shop, hello_asking(name_list("shop.example.com")));
  Socket client = dial(port);
  client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  Socket service = own.accept();
  EXPECT_TRUE(service.receive().starts_with("GET / HTTP/1.1\r\n"));
  Socket late = dial(port);
  late.send(hello_asking(name_list("other.example.com")));
  EXPECT_TRUE(late.receive().starts_with("HTTP/1.1 400"));
}

TEST_F(NameChoiceTest, AStrictInboundAsksEverybodyElseWhoTheyAre) {
  const test::TestAuthority root;
  material = test::member(root, "spiffe://td/own");
  destination->direction = Direction::kInbound;
  struct AllowAll final : Policy {
    bool judges_connections() const override { return true; }
  };
  destination->routes[0].policies = PolicyChain({std::make_shared<AllowAll>()});
  destination->connection.tls.mode = TlsRule::Mode::kPermissive;
  serve_names();
  const std::string hello = hello_asking(name_list("shop.example.com"));
  Socket passing = dial(port);
  passing.send(hello);
  Socket service = shop.accept();
  EXPECT_EQ(service.receive_exactly(hello.size()), hello);
  destination = std::make_shared<Destination>(*destination);
  destination->connection.tls.mode = TlsRule::Mode::kStrict;
  serve_names();
  service.send("still");
  EXPECT_EQ(passing.receive_exactly(5), "still") << "it never was the inbound's";
  expect_goes_to(shop, hello);
  Socket plain = dial(port);
  plain.send("hello");
  EXPECT_NE(plain.receive(), "hello");
  TlsPeer peer(dial(port),
               TlsStream::connect(test::member(root, "spiffe://td/peer"), test::named({"spiffe://td/own"}, "sni.own"),
                                  TlsApplication::kTcp, nullptr));
  ASSERT_TRUE(peer.shake());
  peer.send("known");
  EXPECT_EQ(own.accept().receive_exactly(5), "known");
}

TEST_F(NameChoiceTest, StopEndsThoseThatHaveNotSpokenYet) {
  without_own();
  Socket silent = dial(port);
  Socket begun = dial(port);
  begun.send("\x16\x03");
  ASSERT_TRUE(becomes_true([&] { return data_plane->open_connections() == 2; }));
  data_plane->stop();
  EXPECT_EQ(data_plane->open_connections(), 0u);
}

}  // namespace
}  // namespace weft::proxy
