// Cases 56 and 57 of the fault catalogue: how a proxy ends, and how another one takes its place. Real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>

#include "base/text.h"
#include "proxy/runtime/test_sockets.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using proxy::test::dial;
using proxy::test::Socket;
using proxy::test::TestListener;
using testing::HasSubstr;

constexpr std::string_view kIdentity = R"(type: MeshTrafficPermission
name: everybody
spec:
  rules:
  - default: {allow: [{spiffeID: {type: Prefix, value: "spiffe://default.default.mesh.local/workload"}}]}
---
type: MeshIdentity
name: identity
spec:
  selector: {dataplane: {matchLabels: {}}}
  provider:
    type: Bundled
    bundled: {insecureAllowSelfSigned: true, autogenerate: {enabled: true}}
)";

class LifecycleTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output(); }

  std::string logs(const std::vector<std::string>& processes) {
    std::string out;
    for (const std::string& name : processes) append(out, "== ", name, "\n", mesh_.process(name).output());
    return out;
  }
  int64_t served() {
    const auto answer = http_get(mesh_.backend_port(), "/stats");
    return count(parse_json(answer ? answer->body : "{}").value_or(Node{}), "requests");
  }
  bool more_served(int64_t requests) {
    const int64_t before = served();
    return eventually([&] { return served() > before + requests; });
  }
  // Of the certificate that it shows to web-1; empty: they do not speak by mutual TLS.
  std::string serial_of(const std::string& proxy) {
    const Finished verified = mesh_.weftctl({"verify", "mtls", "web-1", proxy});
    const size_t at = verified.out.find("serial ");
    if (verified.exit_code != 0 || at == std::string::npos) return "";
    return verified.out.substr(at, verified.out.find(',', at) - at);
  }
  void expect_nothing_lost(const Node& report) {
    EXPECT_GT(count(report, "sent"), 0);
    EXPECT_EQ(count(report, "sent"), count(report, "ok"));
    EXPECT_EQ(count(report, "resets"), 0);
    EXPECT_EQ(count(report, "notConnected"), 0);
  }

  // Two instances of one service, of which one proxy is killed: whoever calls the service notices once and goes on with
  // the other, and what had no answer yet is repeated. Nothing tells the control plane to take the instance away.
  void kill_one_of_two(std::string_view policies) {
    const uint16_t web = mesh_.start_web_and_backend();
    ASSERT_NE(web, 0);
    std::string other = mesh_.backend_document();
    for (const auto& [from, to] :
         {std::pair("name: backend-1", "name: backend-2"), std::pair("127.0.0.2", "127.0.0.4")}) {
      other.replace(other.find(from), std::string_view(from).size(), to);
    }
    ASSERT_TRUE(mesh_.start_proxy("backend-2", {.dataplane = other, .token = mesh_.token("backend-2", "backend")}))
        << logs({"backend-2"});
    if (!policies.empty()) {
      ASSERT_EQ(mesh_.apply(std::string(policies)).exit_code, 0);
      ASSERT_TRUE(eventually([&] { return !serial_of("backend-1").empty() && !serial_of("backend-2").empty(); }))
          << logs({"web-1", "backend-1", "backend-2"});
    }
    constexpr int kConnections = 8;
    mesh_.start_load(web, {"--rate", "400", "--concurrency", cat(kConnections)});
    const auto received = [&](const char* proxy) { return mesh_.proxy_metric(proxy, "weft_requests_received_total"); };
    ASSERT_TRUE(eventually([&] { return received("backend-1") > 100 && received("backend-2") > 100; }));
    mesh_.process("backend-2").kill();
    const double before = received("backend-1");
    EXPECT_TRUE(eventually([&] { return received("backend-1") > before + 800; })) << logs({"web-1"});
    expect_nothing_lost(mesh_.stop_load());
    // Of 400 that would have gone to it: what was under way on each connection, and then each of the two workers once,
    // after a second once more, after two, after four.
    EXPECT_LE(mesh_.proxy_metric("web-1", "weft_upstream_connect_failures_total"), kConnections + 2 * 4);
    EXPECT_GE(mesh_.proxy_metric("web-1", "weft_upstream_connect_failures_total"), 1);
    EXPECT_THAT(mesh_.process("web-1").output(), HasSubstr("an instance cannot be reached"));
  }

  Mesh mesh_;
};

TEST_F(LifecycleTest, C4_56_ASecondSigtermEndsAtOnceWhateverIsOpen) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  Socket half = dial(web);
  half.send("GET / HTTP/1.1\r\nHost: a\r\n");  // a request that never becomes whole keeps a drain going
  Process& proxy = mesh_.process("web-1");
  proxy.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return proxy.output().find("draining") != std::string::npos; })) << proxy.output();
  EXPECT_TRUE(proxy.running());
  proxy.signal(SIGTERM);
  EXPECT_EQ(proxy.wait(std::chrono::seconds(10)).value_or(-1), 0) << proxy.output();
}

TEST_F(LifecycleTest, C4_56_AKilledProxyIsPassedOverAfterOneFailedConnectionAndNoRequestIsLost) { kill_one_of_two(""); }

// The same where requests share connections of HTTP/2.
TEST_F(LifecycleTest, C4_56_AKilledProxyIsPassedOverUnderMutualTlsToo) { kill_one_of_two(kIdentity); }

TEST_F(LifecycleTest, C4_57_ASuccessorTakesOverUnderLoadWithoutALostRequest) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  const std::string web_token = mesh_.token("web-1", "web");
  const std::string backend_token = mesh_.token("backend-1", "backend");
  mesh_.start_load(web, {"--rate", "300", "--concurrency", "8"});
  ASSERT_TRUE(more_served(100));
  const uint16_t probes = mesh_.readiness_port("web-1");
  ASSERT_TRUE(mesh_.start_proxy("web-1", {.dataplane = mesh_.web_document(), .token = web_token, .take_over = true}))
      << logs({"web-1", "web-1 before"});
  EXPECT_EQ(mesh_.readiness_port("web-1"), probes);
  EXPECT_TRUE(more_served(100));
  ASSERT_TRUE(mesh_.start_proxy("backend-1",
                                {.dataplane = mesh_.backend_document(), .token = backend_token, .take_over = true}))
      << logs({"backend-1", "backend-1 before"});
  EXPECT_TRUE(more_served(100));
  // What was before ends by itself, soon, and well.
  EXPECT_EQ(mesh_.process("web-1 before").wait().value_or(-1), 0) << logs({"web-1 before"});
  EXPECT_EQ(mesh_.process("backend-1 before").wait().value_or(-1), 0) << logs({"backend-1 before"});
  EXPECT_TRUE(more_served(100));
  expect_nothing_lost(mesh_.stop_load());
  // Its end took neither the Dataplanes nor the new admin sockets along.
  EXPECT_EQ(mesh_.metric("weft_cp_connected_proxies"), 2);
  EXPECT_THAT(mesh_.weftctl({"get", "dataplanes"}).out, HasSubstr("web-1"));
  for (const char* file : {"/web-1/admin.sock", "/web-1/take-over.sock", "/web-1/ports.json"}) {
    EXPECT_TRUE(std::filesystem::exists(mesh_.folder() + file)) << file;
  }
  // And the next one after that.
  ASSERT_TRUE(mesh_.start_proxy("web-1", {.dataplane = mesh_.web_document(), .token = web_token, .take_over = true}))
      << logs({"web-1"});
  EXPECT_EQ(http_get(web, "/").value_or(HttpAnswer{}).status, 200);
}

TEST_F(LifecycleTest, C4_57_ASuccessorWithAnIdentityOfItsOwnTakesOverUnderMutualTlsWithoutALostRequest) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  ASSERT_EQ(mesh_.apply(std::string(kIdentity)).exit_code, 0);
  std::string serial;
  ASSERT_TRUE(eventually([&] { return !(serial = serial_of("backend-1")).empty(); })) << logs({"web-1", "backend-1"});
  const std::string web_token = mesh_.token("web-1", "web");
  const std::string backend_token = mesh_.token("backend-1", "backend");
  mesh_.start_load(web, {"--rate", "300", "--concurrency", "8"});
  ASSERT_TRUE(more_served(100));
  ASSERT_TRUE(mesh_.start_proxy("backend-1",
                                {.dataplane = mesh_.backend_document(), .token = backend_token, .take_over = true}))
      << logs({"backend-1", "backend-1 before"});
  EXPECT_TRUE(more_served(100));
  ASSERT_TRUE(mesh_.start_proxy("web-1", {.dataplane = mesh_.web_document(), .token = web_token, .take_over = true}))
      << logs({"web-1", "web-1 before"});
  EXPECT_TRUE(more_served(100));
  for (const char* before : {"web-1 before", "backend-1 before"}) {
    EXPECT_EQ(mesh_.process(before).wait().value_or(-1), 0) << logs({before});
  }
  EXPECT_TRUE(more_served(100));
  expect_nothing_lost(mesh_.stop_load());
  // A key of its own, so a certificate of its own; and nothing went in the clear meanwhile.
  const std::string next = serial_of("backend-1");
  EXPECT_FALSE(next.empty()) << logs({"web-1", "backend-1"});
  EXPECT_NE(next, serial);
  EXPECT_EQ(mesh_.proxy_metric("backend-1", "weft_unauthenticated_connections_total"), 0);
  EXPECT_GT(mesh_.proxy_metric("backend-1", "weft_tls_handshakes_total"), 0);
}

TEST_F(LifecycleTest, C4_57_AnOpenWebSocketOutlivesTheTakeOver) {
  TestListener service;
  const uint16_t inbound = free_port();
  const std::string document = cat("type: Dataplane\nmesh: default\nname: echo-1\nlabels: {kuma.io/workload: echo}\n",
                                   "networking:\n  address: 127.0.0.1\n  inbound:\n  - {name: http, port: ", inbound,
                                   ", servicePort: ", service.port(), ", protocol: http}\n");
  const std::string token = mesh_.token("echo-1", "echo");
  ASSERT_TRUE(mesh_.start_proxy("echo-1", {.dataplane = document, .token = token})) << logs({"echo-1"});
  Socket client = dial(inbound);
  client.send(
      "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  Socket server = service.accept();
  ASSERT_THAT(server.receive(), HasSubstr("GET /chat"));
  server.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  ASSERT_THAT(client.receive(), HasSubstr("101"));
  ASSERT_TRUE(mesh_.start_proxy("echo-1", {.dataplane = document, .token = token, .take_over = true}))
      << logs({"echo-1", "echo-1 before"});
  // The old process carries it on, both ways, and lives as long as it does.
  client.send("ping");
  EXPECT_EQ(server.receive(), "ping");
  server.send("pong");
  EXPECT_EQ(client.receive(), "pong");
  EXPECT_TRUE(mesh_.process("echo-1 before").running());
  // New clients come to the new one.
  Socket next = dial(inbound);
  next.send("GET /new HTTP/1.1\r\nHost: a\r\n\r\n");
  Socket other = service.accept();
  EXPECT_THAT(other.receive(), HasSubstr("GET /new"));
  client.close();
  EXPECT_EQ(server.receive(), "");
  server.close();
  EXPECT_EQ(mesh_.process("echo-1 before").wait().value_or(-1), 0) << logs({"echo-1 before"});
}

TEST_F(LifecycleTest, C4_57_ASuccessorThatCrashesAtItsStartChangesNothing) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  const std::string token = mesh_.token("web-1", "web");
  mesh_.start_load(web, {"--rate", "300", "--concurrency", "8"});
  ASSERT_TRUE(more_served(100));
  // Without a control plane and without a file it waits for its configuration, the sockets in its hands.
  mesh_.control_plane().kill();
  std::filesystem::remove(mesh_.folder() + "/web-1/snapshot.pb");
  mesh_.start_proxy("web-1",
                    {.dataplane = mesh_.web_document(), .token = token, .wait_until_ready = false, .take_over = true});
  Process& successor = mesh_.process("web-1");
  ASSERT_TRUE(eventually([&] { return successor.output().find("taking over") != std::string::npos; }))
      << successor.output();
  successor.kill();
  Process& before = mesh_.process("web-1 before");
  EXPECT_TRUE(eventually([&] { return before.output().find("the successor has gone") != std::string::npos; }))
      << before.output();
  EXPECT_TRUE(more_served(100)) << before.output();
  EXPECT_EQ(http_get(web, "/").value_or(HttpAnswer{}).status, 200);
  expect_nothing_lost(mesh_.stop_load());
  // It is its control plane's again.
  ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
  EXPECT_TRUE(eventually([&] { return mesh_.metric("weft_cp_connected_proxies") == 2; })) << before.output();
}

TEST_F(LifecycleTest, TakingOverFromNobodyIsAnOrdinaryStart) {
  const std::string document =
      cat("type: Dataplane\nmesh: default\nname: alone-1\nlabels: {kuma.io/workload: alone}\n",
          "networking:\n  address: 127.0.0.1\n  inbound:\n  - {port: ", free_port(), ", protocol: http}\n");
  EXPECT_TRUE(mesh_.start_proxy(
      "alone-1", {.dataplane = document, .token = mesh_.token("alone-1", "alone"), .arguments = {"--take-over"}}))
      << logs({"alone-1"});
  EXPECT_THAT(mesh_.process("alone-1").output(), HasSubstr("nothing to take over"));
}

}  // namespace
}  // namespace weft::test
