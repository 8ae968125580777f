// The limits of a MeshCircuitBreaker in a real mesh, on the caller's side and on the service's, changed while it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/text.h"
#include "tests/support/mesh.h"
#include "tests/support/wait.h"

namespace weft::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class BreakerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    outbound_ = mesh_.start_web_and_backend();
    ASSERT_NE(outbound_, 0);
    ASSERT_TRUE(eventually([&] { return http_get(outbound_, "/").value_or(HttpAnswer()).status == 200; }));
    ASSERT_TRUE(http(mesh_.backend_port(), "POST", "/behave?delay=500ms"));
  }

  void apply(const std::string& spec) {
    const Finished done = mesh_.weftctl({"apply", "--wait", "-f", "-"},
                                        cat("type: MeshCircuitBreaker\nmesh: default\nname: limits\nspec: ", spec));
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_THAT(done.err, Not(HasSubstr("does not act")));
  }

  // What so many requests at once are answered with: "200", or the status and why.
  std::map<std::string, int> at_once(int requests) const {
    std::deque<Connection> connections;
    for (int i = 0; i < requests; ++i) {
      connections.emplace_back(outbound_);
      connections.back().send("GET / HTTP/1.1\r\nhost: backend\r\n\r\n");
    }
    std::map<std::string, int> seen;
    for (Connection& connection : connections) {
      const HttpAnswer answer = connection.receive().value_or(HttpAnswer());
      const std::string overloaded = answer.header("x-envoy-overloaded");
      ++seen[answer.status == 200 ? "200" : cat(answer.status, " ", overloaded, " ", answer.header("x-weft-reason"))];
    }
    return seen;
  }

  Mesh mesh_;
  uint16_t outbound_ = 0;
};

TEST_F(BreakerTest, RequestsBeyondTheCallersLimitAreRefusedAtOnceUntilItIsRaised) {
  apply("{to: [{targetRef: {kind: Mesh}, default: {connectionLimits: {maxRequests: 2}}}]}");
  EXPECT_THAT(at_once(6), ElementsAre(Pair("200", 2), Pair("503 true overflow; by=outbound; flag=UO", 4)));
  EXPECT_EQ(mesh_.proxy_metric("web-1", "weft_limit_overflows_total"), 4);
  apply("{to: [{targetRef: {kind: Mesh}, default: {connectionLimits: {maxRequests: 6}}}]}");
  EXPECT_THAT(at_once(6), ElementsAre(Pair("200", 6)));
}

TEST_F(BreakerTest, TheLimitOfTheServicesOwnProxyIsTheServicesAndNoCallerRetries) {
  apply("{rules: [{default: {connectionLimits: {maxRequests: 1}}}]}");
  EXPECT_THAT(at_once(4), ElementsAre(Pair("200", 1), Pair("503 true overflow; by=inbound; flag=UO", 3)));
}

TEST_F(BreakerTest, BeyondTheConnectionsToTheServiceRequestsWait) {
  ASSERT_TRUE(http(mesh_.backend_port(), "POST", "/behave?delay=50ms"));
  apply("{rules: [{default: {connectionLimits: {maxConnections: 1}}}]}");
  EXPECT_THAT(at_once(6), ElementsAre(Pair("200", 6)));
  EXPECT_GT(mesh_.proxy_metric("backend-1", "weft_limit_overflows_total"), 0);
}

}  // namespace
}  // namespace weft::test
