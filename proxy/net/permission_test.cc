// Who may talk, over real sockets and mutual TLS: a proxy whose inbound is called by a peer that the test plays.
#include <gtest/gtest.h>

#include "policies/mesh_traffic_permission/mesh_traffic_permission.h"
#include "proxy/net/tls_peer_for_test.h"
#include "proxy/test_data_plane.h"
#include "proxy/tls/certificates_for_test.h"
#include "weft/v1/config_item.pb.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft::proxy {
namespace {

using test::dial;
using test::listener_on;
using test::member;
using test::named;
using test::Socket;
using test::TestAuthority;
using test::TestListener;
using test::TlsPeer;

constexpr const char* kShop = "spiffe://td/shop";
constexpr const char* kWeb = "spiffe://td/web";
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: shop\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

// Lets in, or keeps out, who is named.
std::shared_ptr<const Policy> permission(bool allow, const std::string& whom) {
  v1::MeshTrafficPermissionConf conf;
  v1::Match& match = allow ? *conf.add_allow() : *conf.add_deny();
  match.mutable_spiffe_id()->set_type("Exact");
  match.mutable_spiffe_id()->set_value(whom);
  v1::RuleList rules;
  rules.add_rules()->set_origin("kri_mtp_default___callers_");
  rules.mutable_rules(0)->set_conf(conf.SerializeAsString());
  auto made = mesh_traffic_permission_kind().make(rules.SerializeAsString(), true);
  EXPECT_TRUE(made.ok());
  return std::shared_ptr<const Policy>(*std::move(made));
}

struct GuardedInbound : test::DataPlaneTest {
  TestAuthority root;
  std::shared_ptr<const TlsMaterial> shop = member(root, kShop);
  std::shared_ptr<const TlsMaterial> web = member(root, kWeb);
  std::shared_ptr<const PeerNames> names = named({kShop});
  TestListener application;
  const uint16_t inbound = test::free_port();
  Protocol protocol = Protocol::kHttp1;
  TlsRule rule;
  std::shared_ptr<const TlsMaterial> identity = shop;

  // Switches to an inbound that `guard` guards; null: nobody does.
  void guard(const std::shared_ptr<const Policy>& guard) {
    auto destination = test::tcp_destination({application.port()});
    destination->protocol = protocol;
    destination->direction = Direction::kInbound;
    destination->connection.tls = rule;
    if (guard != nullptr) destination->routes[0].policies = PolicyChain({guard});
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->listeners = {listener_on(inbound, destination)};
    snapshot->tls = identity;
    if (data_plane == nullptr) start(1);
    serve(snapshot);
  }
  TlsPeer call() {
    const auto spoken = protocol == Protocol::kTcp ? TlsApplication::kTcp : TlsApplication::kHttp1;
    return {dial(inbound), TlsStream::connect(web, names, spoken, nullptr)};
  }
  // The status line of the answer to kGet, which the application answers if it gets it.
  std::string asked(TlsPeer& peer) {
    peer.send(kGet);
    return peer.receive_until("\r\n\r\n").substr(0, 12);
  }
  uint64_t counted(Counter DestinationCounters::*counter) {
    return sum([&](const DestinationCounters& counters) { return (counters.*counter).value(); });
  }
};

std::string head_of(Socket& service) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const std::string more = service.receive();
    if (more.empty() || more[0] == '!') break;
    head += more;
  }
  return head;
}

TEST_F(GuardedInbound, WhereNobodyGuardsNobodyMayTalk) {
  guard(nullptr);
  TlsPeer peer = call();
  ASSERT_TRUE(peer.shake());
  EXPECT_EQ(asked(peer), "HTTP/1.1 403");
  EXPECT_EQ(peer.receive(19), "RBAC: access denied");
  EXPECT_EQ(asked(peer), "HTTP/1.1 403") << "the connection is kept";
}

TEST_F(GuardedInbound, TheApplicationIsToldWhoCallsAndTheNextRequestIsJudgedByWhatHoldsThen) {
  guard(permission(true, kWeb));
  TlsPeer peer = call();
  ASSERT_TRUE(peer.shake());
  peer.send(kGet);
  Socket service = application.accept();
  EXPECT_NE(head_of(service).find("\r\nx-forwarded-client-cert: URI=spiffe://td/web\r\n"), std::string::npos);
  service.send(kAnswer);
  EXPECT_EQ(peer.receive_until("hi").substr(0, 12), "HTTP/1.1 200");
  guard(permission(false, kWeb));
  EXPECT_EQ(asked(peer), "HTTP/1.1 403");
}

TEST_F(GuardedInbound, AnOpenTcpConnectionIsClosedWhenItsPeerMayNoLongerTalk) {
  protocol = Protocol::kTcp;
  guard(permission(true, kWeb));
  TlsPeer peer = call();
  ASSERT_TRUE(peer.shake());
  peer.send("hello");
  Socket service = application.accept();
  EXPECT_EQ(service.receive_exactly(5), "hello");
  // What changes nothing for it leaves it alone.
  guard(permission(true, kWeb));
  service.send("hi");
  EXPECT_EQ(peer.receive(2), "hi");
  EXPECT_EQ(counted(&DestinationCounters::connections_revoked), 0u);
  guard(permission(true, "spiffe://td/other"));
  EXPECT_EQ(peer.receive(1), "");
  EXPECT_EQ(service.receive(), "!104") << "the application must not take it for an orderly end";
  EXPECT_EQ(counted(&DestinationCounters::connections_revoked), 1u);
}

TEST_F(GuardedInbound, ATcpPeerThatNobodyNamedIsClosedBeforeTheApplicationIsCalled) {
  protocol = Protocol::kTcp;
  guard(permission(true, "spiffe://td/other"));
  TlsPeer peer = call();
  ASSERT_TRUE(peer.shake());
  EXPECT_EQ(peer.receive(1), "");
  EXPECT_TRUE(test::becomes_true([&] { return data_plane->active_exchanges() == 0; }));
  EXPECT_EQ(counted(&DestinationCounters::connect_failures), 0u);
}

TEST_F(GuardedInbound, PlainConnectionsFromBeforeTheIdentityEndWithIt) {
  for (const Protocol spoken : {Protocol::kHttp1, Protocol::kTcp}) {
    protocol = spoken;
    identity = nullptr;
    guard(permission(true, kWeb));
    Socket plain = dial(inbound);
    plain.send(kGet);
    Socket service = application.accept();
    head_of(service);
    service.send(kAnswer);
    EXPECT_TRUE(plain.receive().ends_with("hi"));
    identity = shop;
    guard(permission(true, kWeb));
    // Between two requests it closes in good order, so that the next one finds out and begins anew.
    EXPECT_EQ(plain.receive(), spoken == Protocol::kHttp1 ? "" : "!104");
  }
}

TEST_F(GuardedInbound, PlainCallersOfAPermissiveInboundAreServedUncheckedAndListed) {
  rule.mode = TlsRule::Mode::kPermissive;
  guard(permission(false, kWeb));
  Socket plain = dial(inbound);
  plain.send(kGet);
  Socket service = application.accept();
  head_of(service);
  service.send(kAnswer);
  EXPECT_TRUE(plain.receive().ends_with("hi"));
  EXPECT_EQ(counted(&DestinationCounters::connections_unchecked), 1u);
  const auto callers = data_plane->counters()[0]->plain_callers.list();
  ASSERT_EQ(callers.size(), 1u);
  EXPECT_EQ(callers[0].text, "127.0.0.1");
  TlsPeer peer = call();
  ASSERT_TRUE(peer.shake());
  EXPECT_EQ(asked(peer), "HTTP/1.1 403") << "a caller of the mesh is still asked";
  EXPECT_EQ(counted(&DestinationCounters::connections_unchecked), 1u);
}

}  // namespace
}  // namespace weft::proxy
