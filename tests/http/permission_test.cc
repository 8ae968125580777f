// Who may talk, on real bytes: permissions, and what the application is told of the caller. One loop turned by hand;
// the caller is whom the test says it is.
#include <fcntl.h>
#include <poll.h>

#include <memory>

#include "policies/mesh_traffic_permission/mesh_traffic_permission.h"
#include "proxy/http/server_connection.h"
#include "proxy/net/tcp_relay.h"
#include "proxy/upstream/upstreams.h"
#include "tests/http/test_exchange.h"
#include "weft/v1/config_item.pb.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::status_of;
using test::TcpPair;
using test::TestListener;
using test::turn_until;
using Script = test::Peer;

constexpr std::string_view kWeb = "spiffe://default.east.mesh.local/workload/web";

// Who one list of one policy names.
std::shared_ptr<const Policy> permission(
    const std::string& origin, google::protobuf::RepeatedPtrField<v1::Match>* (v1::MeshTrafficPermissionConf::*list)(),
    std::string_view whom) {
  v1::MeshTrafficPermissionConf conf;
  v1::Match& match = *(conf.*list)()->Add();
  match.mutable_spiffe_id()->set_type("Exact");
  match.mutable_spiffe_id()->set_value(std::string(whom));
  v1::RuleList rules;
  rules.add_rules()->set_origin(origin);
  rules.mutable_rules(0)->set_conf(conf.SerializeAsString());
  auto made = mesh_traffic_permission_kind().make(rules.SerializeAsString(), true);
  EXPECT_TRUE(made.ok());
  return std::shared_ptr<const Policy>(*std::move(made));
}
std::shared_ptr<const Policy> allowing(std::string_view whom) {
  return permission("kri_mtp_default___web_", &v1::MeshTrafficPermissionConf::mutable_allow, whom);
}
std::shared_ptr<const Policy> denying(std::string_view whom) {
  return permission("kri_mtp_default___no-web_", &v1::MeshTrafficPermissionConf::mutable_deny, whom);
}
std::shared_ptr<const Policy> rehearsing(std::string_view whom) {
  return permission("kri_mtp_default___soon_", &v1::MeshTrafficPermissionConf::mutable_allow_with_shadow_deny, whom);
}

struct Permission : testing::Test, ListenerView {
  Worker worker;
  Upstreams upstreams{worker};
  TestListener service;
  TcpPair client;
  SessionList sessions;
  Session session{sessions, worker.loop, client.opened.release()};
  Connection& accepted = session.connection;
  weft::Peer peer{true, kWeb, "sni.msvc.default.backend.http"};
  std::shared_ptr<const Listener> listener;
  bool ended = true;
  std::unique_ptr<Script> called;  // the service's end of the proxy's connection

  const std::shared_ptr<const Listener>& current() const override { return listener; }
  // The inbound as `guard` guards it; null: as nobody does.
  void guard(const std::shared_ptr<const Policy>& guard) {
    auto destination = test::HttpTest::http_destination({service.port()});
    destination->direction = Direction::kInbound;
    if (guard != nullptr) destination->routes[0].policies = PolicyChain({guard});
    listener = test::listener_on(80, destination);
  }
  Task<void> serve() {
    ended = false;
    co_await serve_http1(worker, upstreams, *this, accepted, peer);
    ended = true;
  }
  Task<void> relay() {
    ended = false;
    co_await tcp_relay(worker, upstreams, *this, *listener->destination, session, peer, Entrance::kServe);
    ended = true;
  }
  void TearDown() override {
    accepted.cancel();
    EXPECT_TRUE(turn_until(worker.loop, [&] { return ended; }));
  }
  bool readable(int descriptor) {
    pollfd waiting{descriptor, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }
  // What the client gets for `request`; the service was not called.
  std::string refusal_of(std::string_view request) {
    client.accepted.send(std::string(request));
    EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(client.accepted.get()); }));
    EXPECT_FALSE(readable(service.socket.get()));
    return client.accepted.receive();
  }
  // What the service gets of `request`; the client is answered 200.
  std::string forwarded(std::string_view request) {
    client.accepted.send(std::string(request));
    const bool first = !called;
    const int waiting = first ? service.socket.get() : called->socket().get();
    EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(waiting) || readable(client.accepted.get()); }));
    if (!readable(waiting)) return client.accepted.receive();
    if (first) {
      called = std::make_unique<Script>(service.accept());
      EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(called->socket().get()); }));
    }
    const std::string seen = called->message();
    called->send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(client.accepted.get()); }));
    EXPECT_EQ(status_of(client.accepted.receive()), 200u);
    return seen;
  }
  // "denied <policy> <times>" or "shadow <policy> <times>", in the order in which they first happened.
  std::string denials() const {
    std::string out;
    worker.counters.denials.for_each([&](const Denials::Tally& tally) {
      append(out, out.empty() ? "" : ", ", tally.denial == Denial::kRehearsed ? "shadow " : "denied ", tally.policy,
             " ", tally.count.value());
    });
    return out;
  }
};

constexpr std::string_view kGet = "GET /see HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(Permission, AnAllowedCallerIsServedAndTheServiceIsToldWhoItIs) {
  guard(allowing(kWeb));
  spawn(serve());
  const std::string seen = forwarded(kGet);
  EXPECT_TRUE(has_line(seen, cat("x-forwarded-client-cert: URI=", kWeb))) << seen;
  EXPECT_EQ(denials(), "");
}

TEST_F(Permission, ARefusedCallerIsToldWhyAndKeepsItsConnection) {
  guard(denying(kWeb));
  spawn(serve());
  for (int i = 0; i < 2; ++i) {
    const std::string answer = refusal_of(kGet);
    EXPECT_EQ(status_of(answer), 403u);
    EXPECT_TRUE(has_line(answer, "x-weft-reason: denied; by=inbound; flag=DENY; policy=kri_mtp_default___no-web_"))
        << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nRBAC: access denied")) << answer;
    EXPECT_EQ(answer.find("connection: close"), std::string::npos);
  }
  EXPECT_EQ(denials(), "denied kri_mtp_default___no-web_ 2");
}

// C4 case 48: no rule, and no policy at all, let nobody in.
TEST_F(Permission, C4_48_WithoutAnyPermissionAKnownCallerIsRefused) {
  for (const bool empty_permission : {true, false}) {
    guard(empty_permission ? allowing("spiffe://default.east.mesh.local/workload/other") : nullptr);
    if (empty_permission) spawn(serve());
    const std::string answer = refusal_of(kGet);
    EXPECT_EQ(status_of(answer), 403u);
    EXPECT_NE(answer.find("; policy=default\r\n"), std::string::npos) << answer;
  }
  EXPECT_EQ(denials(), "denied default 2");
}

// C4 case 48: the policy goes while a request is under way, which ends as it began; the next one is judged anew.
TEST_F(Permission, C4_48_AChangeHoldsFromTheNextRequestOnTheSameConnection) {
  guard(allowing(kWeb));
  spawn(serve());
  client.accepted.send(std::string(kGet));
  EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(service.socket.get()); }));
  guard(denying(kWeb));
  called = std::make_unique<Script>(service.accept());
  EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(called->socket().get()); }));
  called->message();
  called->send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(client.accepted.get()); }));
  EXPECT_EQ(status_of(client.accepted.receive()), 200u);
  EXPECT_EQ(status_of(refusal_of(kGet)), 403u);
  guard(allowing(kWeb));
  EXPECT_TRUE(forwarded(kGet).starts_with("GET /see "));
}

TEST_F(Permission, ARehearsedDenialIsServedAndCounted) {
  guard(rehearsing(kWeb));
  spawn(serve());
  EXPECT_TRUE(forwarded(kGet).starts_with("GET /see "));
  EXPECT_EQ(denials(), "shadow kri_mtp_default___soon_ 1");
}

TEST_F(Permission, WhoIsNotKnownIsNotAskedAndTheServiceIsToldNothing) {
  peer = {};
  guard(denying(kWeb));
  spawn(serve());
  const std::string seen = forwarded(kGet);
  EXPECT_TRUE(seen.starts_with("GET /see ")) << seen;
  EXPECT_EQ(seen.find("x-forwarded-client-cert"), std::string::npos);
}

// C4 case 20.
TEST_F(Permission, C4_20_WhatAClientClaimsToBeIsReplacedByWhatItIs) {
  guard(allowing(kWeb));
  spawn(serve());
  const std::string seen = forwarded(
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: URI=spiffe://default.east.mesh.local/workload/admin\r\n"
      "x-forwarded-client-cert: By=me\r\nConnection: x-forwarded-client-cert\r\n\r\n");
  EXPECT_EQ(seen.find("admin"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("By=me"), std::string::npos) << seen;
  EXPECT_TRUE(has_line(seen, cat("x-forwarded-client-cert: URI=", kWeb))) << seen;
}

TEST_F(Permission, C4_20_WhatAnUnknownClientClaimsToBeIsDropped) {
  peer = {};
  guard(nullptr);
  spawn(serve());
  const std::string seen = forwarded("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: URI=spiffe://x/y\r\n\r\n");
  EXPECT_EQ(lower(seen).find("x-forwarded-client-cert"), std::string::npos) << seen;
}

TEST_F(Permission, AGrpcCallerReadsItInTheStatusOfGrpc) {
  guard(denying(kWeb));
  spawn(serve());
  const std::string answer = refusal_of(
      "POST /pkg.Shop/Buy HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc+proto\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200u);
  EXPECT_TRUE(has_line(answer, "grpc-status: 7")) << answer;
  EXPECT_TRUE(has_line(answer, "grpc-message: RBAC: access denied")) << answer;
  EXPECT_TRUE(has_line(answer, "content-type: application/grpc")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(Permission, ATcpCallerIsClosedBeforeAnybodyIsCalled) {
  guard(denying(kWeb));
  client.accepted.send("hello");
  spawn(relay());
  EXPECT_TRUE(turn_until(worker.loop, [&] { return ended; }));
  EXPECT_FALSE(readable(service.socket.get()));
  EXPECT_EQ(denials(), "denied kri_mtp_default___no-web_ 1");
  const auto& failures = worker.counters.at(listener->destination->counters_slot).failures;
  EXPECT_EQ(failures[static_cast<size_t>(Reason::kDenied)].value(), 1u);
}

TEST_F(Permission, WithoutAnyPermissionATcpCallerIsClosedToo) {
  guard(nullptr);
  spawn(relay());
  EXPECT_TRUE(turn_until(worker.loop, [&] { return ended; }));
  EXPECT_EQ(denials(), "denied default 1");
}

TEST_F(Permission, AnAllowedTcpCallerIsRelayedUntilItIsRevoked) {
  guard(rehearsing(kWeb));
  client.accepted.send("hello");
  spawn(relay());
  EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(service.socket.get()); }));
  Script server(service.accept());
  EXPECT_TRUE(turn_until(worker.loop, [&] { return readable(server.socket().get()); }));
  EXPECT_EQ(server.exactly(5), "hello");
  EXPECT_EQ(denials(), "shadow kri_mtp_default___soon_ 1");
  EXPECT_TRUE(still_allowed(worker, *listener->destination, accepted, peer));
  guard(denying(kWeb));
  EXPECT_FALSE(still_allowed(worker, *listener->destination, accepted, peer));
  EXPECT_EQ(worker.counters.at(0).connections_revoked.value(), 1u);
  accepted.reset_on_close();
  accepted.cancel();
  EXPECT_TRUE(turn_until(worker.loop, [&] { return ended; }));
  EXPECT_TRUE(server.reset()) << "the service must not take it for an orderly end";
}

}  // namespace
}  // namespace weft::proxy
