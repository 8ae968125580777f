// Two proxies in one process, and strangers at their doors: mutual TLS over real sockets.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "proxy/net/tls_peer_for_test.h"
#include "proxy/runtime/handshake.h"
#include "proxy/test_data_plane.h"
#include "proxy/tls/certificates_for_test.h"

namespace weft::proxy {
namespace {

using test::becomes_true;
using test::bundle;
using test::dial;
using test::listener_on;
using test::member;
using test::named;
using test::Socket;
using test::TestAuthority;
using test::TestListener;
using test::TlsPeer;
using test::workload;
using test::workload_certificate;

constexpr const char* kWeb = "spiffe://td/web";
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: web\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

// Every member of the mesh may talk.
struct AllowAll final : Policy {
  bool judges_connections() const override { return true; }
};

// The application's client -> outbound -> (mutual TLS) -> inbound -> the application.
struct MutualTlsTest : test::DataPlaneTest {
  TestAuthority root;
  std::shared_ptr<const TlsMaterial> material = member(root, kWeb);
  std::shared_ptr<const PeerNames> names = named({kWeb});
  TestListener application;
  const uint16_t inbound = test::free_port();
  const uint16_t outbound = test::free_port();
  TlsRule rule;

  std::shared_ptr<Destination> destination(Protocol protocol, Direction direction, uint16_t port) {
    auto made = test::tcp_destination({port});
    made->protocol = protocol;
    made->direction = direction;
    made->connection.tls = rule;
    made->routes[0].policies = PolicyChain({std::make_shared<AllowAll>()});
    if (direction == Direction::kOutbound) {
      auto set = std::make_shared<EndpointSet>(*made->routes[0].backends[0].endpoints);
      set->tls = names;
      made->routes[0].backends[0].endpoints = set;
    }
    return made;
  }
  void serve_pair(Protocol protocol, unsigned workers = 1) {
    if (data_plane == nullptr) start(workers);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->listeners = {listener_on(inbound, destination(protocol, Direction::kInbound, application.port())),
                           listener_on(outbound, destination(protocol, Direction::kOutbound, inbound))};
    snapshot->tls = material;
    serve(snapshot);
  }
  // A peer of the inbound that shows `shown` and expects kWeb.
  TlsPeer call_inbound(const std::shared_ptr<const TlsMaterial>& shown) {
    return {dial(inbound), TlsStream::connect(shown, names, TlsApplication::kHttp1, nullptr)};
  }
  template <typename Read>
  uint64_t tls(TlsSide side, Read read) {
    uint64_t total = 0;
    for (const WorkerCounters* worker : data_plane->counters()) total += read(worker->tls[static_cast<size_t>(side)]);
    return total;
  }
  uint64_t full(TlsSide side) {
    return tls(side, [](const TlsCounters& counters) { return counters.full.value(); });
  }
  uint64_t resumed(TlsSide side) {
    return tls(side, [](const TlsCounters& counters) { return counters.resumed.value(); });
  }
  uint64_t failed(TlsFailure failure, TlsSide side = TlsSide::kServer) {
    return tls(side,
               [&](const TlsCounters& counters) { return counters.failures[static_cast<size_t>(failure)].value(); });
  }
  static std::string request_head(Socket& service) {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      const std::string more = service.receive();
      if (more.empty() || more[0] == '!') break;
      head += more;
    }
    return head;
  }
};

TEST_F(MutualTlsTest, RequestsGoThroughOneConnectionOfTwoKnownPeers) {
  serve_pair(Protocol::kHttp1);
  Socket client = dial(outbound);
  client.send(kGet);
  Socket service = application.accept();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(request_head(service).starts_with("GET / HTTP/1.1\r\n"));
    service.send(kAnswer);
    EXPECT_TRUE(client.receive().ends_with("\r\n\r\nhi"));
    if (i < 2) client.send(kGet);
  }
  EXPECT_EQ(full(TlsSide::kServer), 1u);
  EXPECT_EQ(full(TlsSide::kClient), 1u);
}

TEST_F(MutualTlsTest, TheNextConnectionResumes) {
  serve_pair(Protocol::kTcp);
  for (int i = 0; i < 4; ++i) {
    Socket client = dial(outbound);
    client.send("ping");
    Socket service = application.accept();
    EXPECT_EQ(service.receive_exactly(4), "ping");
    service.send("pong");
    EXPECT_EQ(client.receive_exactly(4), "pong");
  }
  EXPECT_EQ(full(TlsSide::kServer), 1u);
  EXPECT_EQ(resumed(TlsSide::kServer), 3u);
  EXPECT_EQ(resumed(TlsSide::kClient), 3u);
}

TEST_F(MutualTlsTest, AHalfCloseStaysOne) {
  serve_pair(Protocol::kTcp);
  Socket client = dial(outbound);
  client.send("question");
  shutdown(client.get(), SHUT_WR);
  Socket service = application.accept();
  EXPECT_EQ(service.receive_exactly(100), "question");
  service.send("answer");
  service.close();
  EXPECT_EQ(client.receive_exactly(100), "answer");
}

TEST_F(MutualTlsTest, ASlowReaderSlowsTheSenderAndLosesNothing) {
  serve_pair(Protocol::kTcp, 2);
  Socket client = dial(outbound);
  client.send("x");
  Socket service = application.accept();
  constexpr size_t kSize = 48 << 20;
  std::atomic<size_t> sent = 1;
  std::thread sender([&] {
    std::string block(1 << 16, '\0');
    for (size_t at = 0; at < kSize; at += block.size()) {
      std::iota(block.begin(), block.end(), static_cast<char>(at >> 16));
      client.send(block);
      sent += block.size();
    }
    shutdown(client.get(), SHUT_WR);
  });
  size_t seen = 0;
  while (seen != sent) {
    seen = sent;
    for (int i = 0; i < 10000; ++i) std::this_thread::yield();
  }
  EXPECT_LT(seen, kSize);
  const std::string all = service.receive_exactly(kSize + 2);
  sender.join();
  ASSERT_EQ(all.size(), kSize + 1);
  for (size_t at = 0; at < kSize; at += 1 << 16) ASSERT_EQ(all[at + 2], static_cast<char>((at >> 16) + 1));
}

TEST_F(MutualTlsTest, ALargeAnswerArrivesWholeThoughTheProxyClosesBehindIt) {
  serve_pair(Protocol::kHttp1);
  Socket client = dial(outbound);
  client.send("GET / HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n");
  Socket service = application.accept();
  request_head(service);
  const std::string body(8 << 20, 'b');
  std::thread writer([&] {
    service.send("HTTP/1.1 200 OK\r\n\r\n");  // delimited by the close
    service.send(body);
    service.close();
  });
  for (int i = 0; i < 20000; ++i) std::this_thread::yield();
  std::string all = client.receive_exactly(body.size() + (64 << 10));
  writer.join();
  EXPECT_GE(std::count(all.begin(), all.end(), 'b'), static_cast<ptrdiff_t>(body.size()));
  EXPECT_TRUE(all.ends_with("\r\n0\r\n\r\n"));
}

TEST_F(MutualTlsTest, AnAnswerThatEndsWithoutGoodbyeIsCut) {
  TestListener far;
  start(1);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->listeners = {listener_on(outbound, destination(Protocol::kHttp1, Direction::kOutbound, far.port()))};
  snapshot->tls = material;
  serve(snapshot);
  for (const bool says_goodbye : {true, false}) {
    Socket client = dial(outbound);
    client.send("GET / HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n");
    TlsPeer service(far.accept(), TlsStream::accept(material, {}, TlsApplication::kHttp1));
    ASSERT_TRUE(service.shake());
    service.receive_until("\r\n\r\n");
    service.send("HTTP/1.1 200 OK\r\n\r\npart");
    if (says_goodbye) {
      service.end();
    } else {
      shutdown(service.socket.get(), SHUT_WR);
    }
    EXPECT_EQ(client.receive_exactly(10000).ends_with("\r\n0\r\n\r\n"), says_goodbye);
  }
}

TEST_F(MutualTlsTest, AnEndpointThatIsSomebodyElseIsAConnectFailureThatSaysSo) {
  names = named({"spiffe://td/other"});
  serve_pair(Protocol::kHttp1);
  Socket client = dial(outbound);
  client.send(kGet);
  const std::string answer = client.receive();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("x-weft-reason: tls_failure; by=outbound; flag=UF"), std::string::npos) << answer;
  EXPECT_NE(answer.find("wrong_identity: another identity than expected"), std::string::npos) << answer;
  EXPECT_EQ(failed(TlsFailure::kWrongIdentity, TlsSide::kClient), 1u);
  EXPECT_TRUE(becomes_true([&] { return failed(TlsFailure::kRefused) == 1; }));
}

TEST_F(MutualTlsTest, AServiceThatRefusesOurCertificateIsAConnectFailureThatSaysSo) {
  TestListener far;
  start(1);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->listeners = {listener_on(outbound, destination(Protocol::kHttp1, Direction::kOutbound, far.port()))};
  snapshot->tls = material;
  serve(snapshot);
  Socket client = dial(outbound);
  client.send(kGet);
  TestAuthority next(test::authority_plan("next"));
  const auto other = test::material_of(workload_certificate(root, workload(kWeb)), {bundle("td", {&next})});
  TlsPeer service(far.accept(), TlsStream::accept(other, {}, TlsApplication::kHttp1));
  EXPECT_FALSE(service.shake());
  const std::string answer = client.receive();
  EXPECT_NE(answer.find("tls_failure; by=outbound"), std::string::npos) << answer;
  EXPECT_NE(answer.find("unknown CA"), std::string::npos) << answer;
}

TEST_F(MutualTlsTest, StrictTellsAnHttpClientInItsOwnLanguageAndHangsUpOnOthers) {
  serve_pair(Protocol::kHttp1);
  Socket client = dial(inbound);
  client.send(kGet);
  const std::string answer = client.receive_exactly(10000);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 Forbidden\r\n")) << answer;
  EXPECT_NE(answer.find("x-weft-reason: tls_required; by=inbound"), std::string::npos) << answer;
  Socket other = dial(inbound);
  other.send("SSH-2.0-x\r\n");
  EXPECT_FALSE(other.receive_exactly(100).starts_with("HTTP"));
  EXPECT_TRUE(becomes_true([&] { return failed(TlsFailure::kNotTls) == 2; }));
}

// Case 34.
TEST_F(MutualTlsTest, Case34StrictRefusesWhoIsNotVouchedForAndCountsWhy) {
  serve_pair(Protocol::kHttp1);
  TestAuthority foreign(test::authority_plan("foreign"));
  auto expired = workload(kWeb);
  expired.begins = -100;
  expired.ends = -10;
  auto shows_expired = workload_certificate(root, expired);
  shows_expired->not_after = std::time(nullptr) + 1000;  // it does not know
  for (const auto& shown :
       {workload_certificate(foreign, workload(kWeb)), std::shared_ptr<WorkloadCertificate>(shows_expired)}) {
    TlsPeer peer = call_inbound(test::material_of(shown, {bundle("td", {&root})}));
    peer.shake();
    peer.send(kGet);
    EXPECT_EQ(peer.receive(100), "");
    EXPECT_TRUE(peer.stream->refused_us()) << peer.stream->detail();
  }
  // It is counted after the peer was told.
  EXPECT_TRUE(becomes_true([&] { return failed(TlsFailure::kUnknownAuthority) == 1; }));
  EXPECT_TRUE(becomes_true([&] { return failed(TlsFailure::kExpired) == 1; }));
}

TEST_F(MutualTlsTest, PermissiveServesMeshAndPlainAndPassesForeignTlsOn) {
  rule.mode = TlsRule::Mode::kPermissive;
  serve_pair(Protocol::kHttp1);
  Socket through = dial(outbound);
  through.send(kGet);
  Socket service = application.accept();
  EXPECT_TRUE(request_head(service).starts_with("GET / "));
  service.send(kAnswer);
  EXPECT_TRUE(through.receive().ends_with("hi"));
  EXPECT_EQ(full(TlsSide::kServer), 1u);

  Socket plain = dial(inbound);
  plain.send("GE");
  plain.send("T / HTTP/1.1\r\nhost: web\r\n\r\n");
  EXPECT_TRUE(request_head(service).starts_with("GET / "));
  service.send(kAnswer);
  EXPECT_TRUE(plain.receive().ends_with("hi"));

  Socket foreign = dial(inbound);
  const std::string hello("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9);
  foreign.send(hello);
  Socket raw = application.accept();
  EXPECT_EQ(raw.receive_exactly(hello.size()), hello);
  raw.send("server hello");
  EXPECT_EQ(foreign.receive_exactly(12), "server hello");
  EXPECT_EQ(full(TlsSide::kServer), 1u);
}

TEST_F(MutualTlsTest, PermissiveLetsAServerSpeakFirst) {
  rule.mode = TlsRule::Mode::kPermissive;
  serve_pair(Protocol::kTcp);
  Socket client = dial(inbound);
  Socket service = application.accept();
  service.send("220 ready");
  EXPECT_EQ(client.receive_exactly(9), "220 ready");
}

// A client may send as much as it likes right behind its part of the handshake.
TEST_F(MutualTlsTest, WhatComesTogetherWithTheLastOfAHandshakeDoesNotCountAsPartOfIt) {
  serve_pair(Protocol::kTcp);
  TlsPeer peer = call_inbound(member(root, "spiffe://td/caller"));
  const std::string much(60 << 10, 'm');
  ASSERT_TRUE(peer.shake_and_send(much));
  Socket service = application.accept();
  EXPECT_EQ(service.receive_exactly(much.size()), much);
}

// Case 37.
TEST_F(MutualTlsTest, Case37AClientHelloOf64KilobytesIsRefusedWithinBounds) {
  serve_pair(Protocol::kTcp);
  Socket client = dial(inbound);
  std::string hello("\x01\x00\xff\xf0", 4);
  hello.resize(0xfff4, '\0');
  for (size_t at = 0; at < hello.size(); at += 16000) {
    const std::string piece = hello.substr(at, 16000);
    const char header[] = {0x16, 3, 1, static_cast<char>(piece.size() >> 8), static_cast<char>(piece.size())};
    client.send(std::string(header, 5) + piece);
  }
  client.receive_exactly(1000);
  EXPECT_TRUE(becomes_true([&] { return failed(TlsFailure::kProtocol) == 1; }));
}

// Case 38.
TEST_F(MutualTlsTest, Case38AFloodOfHalfOpenHandshakesLeavesOthersAlone) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  serve_pair(Protocol::kTcp);
  Socket client = dial(outbound);
  client.send("a");
  Socket service = application.accept();
  EXPECT_EQ(service.receive_exactly(1), "a");
  constexpr size_t kFlood = HandshakeGate::kAtOnce + 200;
  std::vector<Socket> flood;
  for (size_t i = 0; i < kFlood; ++i) {
    flood.push_back(dial(inbound));
    ASSERT_GE(flood.back().get(), 0);
    if (i % 2 == 0) flood.back().send(std::string("\x16\x03\x01\x01\x00\x01", 6));
  }
  EXPECT_TRUE(becomes_true([&] { return failed(TlsFailure::kOverloaded) == kFlood - HandshakeGate::kAtOnce; }));
  client.send("b");
  EXPECT_EQ(service.receive_exactly(1), "b") << "who is known goes on";
  Socket late = dial(outbound);
  late.send("c");
  Socket served = application.accept();
  EXPECT_EQ(served.receive_exactly(1), "c") << "who is serious comes through";
}

TEST_F(MutualTlsTest, APooledConnectionLeavesWithTheTrustItWasOpenedWith) {
  serve_pair(Protocol::kHttp1);
  Socket client = dial(outbound);
  client.send(kGet);
  Socket service = application.accept();
  request_head(service);
  service.send(kAnswer);
  client.receive();
  TestAuthority next(test::authority_plan("next"));
  material = test::material_of(workload_certificate(next, workload(kWeb)), {bundle("td", {&root, &next})});
  serve_pair(Protocol::kHttp1);
  client.send(kGet);
  request_head(service);
  service.send(kAnswer);
  EXPECT_TRUE(client.receive().ends_with("hi"));
  EXPECT_EQ(full(TlsSide::kServer), 2u);
}

TEST_F(MutualTlsTest, WhoIsNotVouchedForAnyMoreIsNotServedOnAnOpenConnectionEither) {
  for (const Protocol protocol : {Protocol::kHttp1, Protocol::kTcp}) {
    material = member(root, kWeb);
    serve_pair(protocol);
    TlsPeer caller = call_inbound(member(root, "spiffe://td/caller"));
    ASSERT_TRUE(caller.shake());
    caller.send(kGet);
    Socket service = application.accept();
    request_head(service);
    service.send(kAnswer);
    EXPECT_TRUE(caller.receive_until("hi").ends_with("hi"));
    TestAuthority next(test::authority_plan("next"));
    material = test::material_of(workload_certificate(next, workload(kWeb)), {bundle("td", {&next})});
    serve_pair(protocol);
    caller.send(kGet);
    EXPECT_EQ(caller.receive(1), "");
    if (protocol == Protocol::kTcp) {
      EXPECT_EQ(service.receive_exactly(1), "") << "nothing of it reached the application";
    }
  }
}

TEST_F(MutualTlsTest, AnOpenPlainConnectionEndsWhenPlainTrafficIsNotAcceptedAnyMore) {
  rule.mode = TlsRule::Mode::kPermissive;
  serve_pair(Protocol::kHttp1);
  Socket plain = dial(inbound);
  plain.send(kGet);
  Socket service = application.accept();
  request_head(service);
  service.send(kAnswer);
  EXPECT_TRUE(plain.receive().ends_with("hi"));
  rule.mode = TlsRule::Mode::kStrict;
  serve_pair(Protocol::kHttp1);
  EXPECT_EQ(plain.receive(), "");
}

TEST_F(MutualTlsTest, WhereTlsIsSpokenNothingLeavesInTheClearBeforeThereIsACertificate) {
  material = nullptr;
  serve_pair(Protocol::kHttp1);
  Socket client = dial(outbound);
  client.send(kGet);
  const std::string answer = client.receive();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("has no certificate yet"), std::string::npos) << answer;
  EXPECT_EQ(data_plane->counters()[0]->connections_accepted.value(), 1u);
}

TEST_F(MutualTlsTest, WithoutAnIdentityOfItsOwnAProxySpeaksPlainly) {
  material = nullptr;
  names = nullptr;
  serve_pair(Protocol::kHttp1);
  Socket client = dial(outbound);
  client.send(kGet);
  Socket service = application.accept();
  EXPECT_TRUE(request_head(service).starts_with("GET / "));
  service.send(kAnswer);
  EXPECT_TRUE(client.receive().ends_with("hi"));
  EXPECT_EQ(full(TlsSide::kServer), 0u);
}

}  // namespace
}  // namespace weft::proxy
