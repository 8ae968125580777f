// One service with three instances in a real mesh, and a MeshLoadBalancingStrategy that changes while requests flow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "tests/support/mesh.h"
#include "tests/support/wait.h"

namespace weft::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class BalancingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    const uint16_t inbound = free_port("127.0.0.11");
    for (int i = 1; i <= 3; ++i) {
      const std::string name = cat("backend-", i);
      services_[name] = mesh_.start_service(cat("service-", i));
      const std::string document =
          cat("type: Dataplane\nmesh: default\nname: ", name, "\nlabels: {kuma.io/workload: backend, node: n", i,
              "}\nnetworking:\n  address: 127.0.0.1", i, "\n  inbound:\n  - {name: http, port: ", inbound,
              ", serviceAddress: 127.0.0.1, servicePort: ", services_[name], ", protocol: http}\n");
      ASSERT_TRUE(mesh_.start_proxy(name, {.dataplane = document, .token = mesh_.token(name, "backend")}));
    }
    outbound_ = free_port();
    const std::string web = cat(
        "type: Dataplane\nmesh: default\nname: web-1\nlabels: {kuma.io/workload: web, node: n2}\n",
        "networking:\n  address: 127.0.0.3\n  inbound: []\n  outbound:\n  - address: 127.0.0.1\n    port: ", outbound_,
        "\n    backendRef: {kind: MeshService, name: backend, port: ", inbound, "}\n");
    ASSERT_TRUE(mesh_.start_proxy("web-1", {.dataplane = web, .token = mesh_.token("web-1", "web")}));
    ASSERT_TRUE(eventually([&] { return spread({}, 30).size() == 3; }));
  }

  // Applies a strategy for everything and waits until every proxy runs on it.
  void balance(const std::string& conf) {
    const Finished done = mesh_.weftctl({"apply", "--wait", "-f", "-"},
                                        cat("type: MeshLoadBalancingStrategy\nmesh: default\nname: strategy\nspec:\n",
                                            "  to:\n  - targetRef: {kind: Mesh}\n    default: {", conf, "}\n"));
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_THAT(done.err, Not(HasSubstr("does not act")));
  }

  // Who answers `count` requests with these header lines, each on a connection of its own.
  std::map<std::string, int> spread(const std::string& lines, int count, const std::string& path = "/") {
    std::map<std::string, int> seen;
    for (int i = 0; i < count; ++i) {
      const auto answer = get(lines, path);
      const size_t name = answer ? answer->body.find("service-") : std::string::npos;
      ++seen[name == std::string::npos ? "nobody" : answer->body.substr(name, 9)];
      if (answer) cookie_ = answer->header("set-cookie");
    }
    return seen;
  }
  std::optional<HttpAnswer> get(const std::string& lines, const std::string& path) const {
    Connection connection(outbound_);
    connection.send(cat("GET ", path, " HTTP/1.1\r\nhost: backend\r\n", lines, "\r\n"));
    return connection.receive();
  }

  // How many of `requests` each instance gets, six at a time.
  std::map<std::string, int64_t> loaded(int requests) {
    std::map<std::string, int64_t> before, after;
    for (const auto& [name, port] : services_) before[name] = requests_of(port);
    mesh_.start_load(outbound_, {"--requests", cat(requests), "--concurrency", "6"});
    mesh_.process("load").wait();
    for (const auto& [name, port] : services_) after[name] = requests_of(port) - before[name];
    return after;
  }
  static int64_t requests_of(uint16_t port) {
    const auto answer = http_get(port, "/stats");
    const auto tree = parse_json(answer ? answer->body : "{}");
    return tree.ok() ? count(*tree, "requests") : -1;
  }

  Mesh mesh_;
  std::map<std::string, uint16_t> services_;
  uint16_t outbound_ = 0;
  std::string cookie_;
};

TEST_F(BalancingTest, LeastRequestSparesASlowInstance) {
  ASSERT_TRUE(http(services_["backend-1"], "POST", "/behave?delay=100ms"));
  EXPECT_NEAR(static_cast<double>(loaded(90)["backend-1"]), 30, 3);  // round robin does not care
  balance("loadBalancer: {type: LeastRequest}");
  auto seen = loaded(600);
  EXPECT_LT(seen["backend-1"], 60);
  EXPECT_GT(seen["backend-1"], 0);
  EXPECT_GT(seen["backend-2"], 180);
  EXPECT_GT(seen["backend-3"], 180);
}

TEST_F(BalancingTest, RingHashSticksByHeaderAndForgetsItWithThePolicy) {
  balance("loadBalancer: {type: RingHash}, hashPolicies: [{type: Header, header: {name: x-user}}]");
  std::set<std::string> used;
  // So many that an instance without any of them is out of the question, wherever its points lie.
  for (int user = 0; user < 60; ++user) {
    const auto seen = spread(cat("X-User: u", user, "\r\n"), 3);
    EXPECT_THAT(seen, SizeIs(1)) << user;
    used.insert(seen.begin()->first);
  }
  EXPECT_THAT(used, SizeIs(3));
  EXPECT_THAT(spread("", 40), SizeIs(3));  // nothing to go by
  EXPECT_EQ(mesh_.weftctl({"delete", "meshloadbalancingstrategy", "strategy"}).exit_code, 0);
  EXPECT_TRUE(eventually([&] { return spread("X-User: u0\r\n", 6).size() == 3; }));
}

TEST_F(BalancingTest, MaglevSticksByACookieThatTheProxyMakes) {
  balance(
      "loadBalancer: {type: Maglev}, "
      "hashPolicies: [{type: Cookie, cookie: {name: lane, ttl: 1h, path: /shop}}]");
  const auto first = get("", "/");
  ASSERT_TRUE(first);
  const std::string made = first->header("set-cookie");
  EXPECT_THAT(made, testing::MatchesRegex("lane=[0-9a-f]+; Max-Age=3600; Path=/shop; HttpOnly"));
  const std::string own = made.substr(0, made.find(';'));
  const auto seen = spread(cat("cookie: a=b; ", own, "\r\n"), 10);
  EXPECT_THAT(seen, SizeIs(1));
  EXPECT_THAT(first->body, HasSubstr(seen.begin()->first));
  EXPECT_THAT(cookie_, IsEmpty());  // whoever has one gets no other
  EXPECT_THAT(spread("", 40), SizeIs(3));
}

TEST_F(BalancingTest, InstancesOnTheSameNodeAreNear) {
  balance("localityAwareness: {localZone: {affinityTags: [{key: node, weight: 9}]}}");
  auto seen = spread("", 100);
  EXPECT_GE(seen["service-2"], 80);
  EXPECT_LE(seen["service-2"], 97);
  EXPECT_THAT(seen, SizeIs(3));
}

TEST_F(BalancingTest, C4_61_AnInstanceThatFailsIsLeftOutForAWhile) {
  const Finished done = mesh_.weftctl(
      {"apply", "--wait", "-f", "-"},
      "type: MeshCircuitBreaker\nmesh: default\nname: breaker\nspec:\n  to:\n  - targetRef: {kind: Mesh}\n"
      "    default: {outlierDetection: {interval: 1s, baseEjectionTime: 2s, detectors: {totalFailures: {consecutive: "
      "3}}}}\n");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  ASSERT_TRUE(http(services_["backend-2"], "POST", "/behave?fail-every=1&status=500"));
  const int64_t before = requests_of(services_["backend-2"]);
  // Three failures and it is out, whichever of the workers saw them.
  int failed = 0;
  for (int i = 0; i < 30; ++i) {
    const auto answer = get("", "/");
    failed += answer && answer->status == 500 ? 1 : 0;
  }
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(requests_of(services_["backend-2"]) - before, 3);
  const HttpAnswer clusters =
      http_get(mesh_.api_port(), "/meshes/default/dataplanes/web-1/clusters").value_or(HttpAnswer());
  EXPECT_THAT(clusters.body, HasSubstr("::health_flags::/failed_outlier_check"));
  ASSERT_TRUE(http(services_["backend-2"], "POST", "/behave?reset"));
  EXPECT_TRUE(eventually([&] { return spread("", 6).size() == 3; }));
}

TEST_F(BalancingTest, C4_61_WhenAllFailAllAreAskedAndNotTooOften) {
  const Finished done = mesh_.weftctl(
      {"apply", "--wait", "-f", "-"},
      "type: MeshCircuitBreaker\nmesh: default\nname: breaker\nspec:\n  to:\n  - targetRef: {kind: Mesh}\n"
      "    default: {outlierDetection: {maxEjectionPercent: 100, detectors: {totalFailures: {consecutive: 1}}}}\n");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  int64_t before = 0;
  int64_t tries = 0;
  for (const auto& [name, port] : services_) {
    ASSERT_TRUE(http(port, "POST", "/behave?fail-every=1&status=503"));
    before += requests_of(port);
  }
  for (int i = 0; i < 4; ++i) EXPECT_EQ(get("", "/")->status, 503);
  for (const auto& [name, port] : services_) tries += requests_of(port);
  EXPECT_LE(tries - before, 4 * 6);  // by the mesh's own MeshRetry
  EXPECT_GE(tries - before, 4);
  for (const auto& [name, port] : services_) ASSERT_TRUE(http(port, "POST", "/behave?reset"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(get("", "/")->status, 200);  // all are out, so all are asked
}

// Nobody is left out here: by the default policies alone. Two workers that decide at once may overstep by one.
TEST_F(BalancingTest, C4_61_TotalFailureUnderLoadIsAskedAFifthMoreOftenAtMost) {
  const auto asked = [&] {
    int64_t sum = 0;
    for (const auto& [name, port] : services_) sum += requests_of(port);
    return static_cast<double>(sum);
  };
  for (const auto& [name, port] : services_) ASSERT_TRUE(http(port, "POST", "/behave?fail-every=1&status=503"));
  const double before = asked();
  constexpr int kRequests = 1500;
  mesh_.start_load(outbound_, {"--requests", cat(kRequests), "--concurrency", "16"});
  mesh_.process("load").wait();
  EXPECT_GT(asked(), before + kRequests * 1.1) << "they are repeated, as far as the budget goes";
  // Those before, which were well, count for ten seconds.
  EXPECT_LE(asked(), 1.2 * mesh_.proxy_metric("web-1", "weft_requests_received_total") + 2);
  EXPECT_GT(mesh_.proxy_metric("web-1", "weft_retries_over_budget_total"), 0);
  for (const auto& [name, port] : services_) ASSERT_TRUE(http(port, "POST", "/behave?reset"));
  EXPECT_EQ(spread("", 30).size(), 3u) << "all is well again at once";
}

}  // namespace
}  // namespace weft::test
