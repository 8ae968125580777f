#include <gmock/gmock.h>

#include <thread>

#include "control-plane/source/api_test_fixture.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

class ApiProxies : public ApiTest {
 protected:
  void SetUp() override {
    hooks_.proxy_config = [](const World&, const ResourceKey& key, bool shadow,
                             bool difference) -> Result<std::string> {
      return cat(R"({"of":")", key.name, shadow ? " shadow" : "", difference ? " diff" : "", "\"}");
    };
    // From another thread, as it is.
    hooks_.ask_proxy = [](const ResourceKey& key, ProxyTopic topic, std::chrono::milliseconds wait, auto answer) {
      EXPECT_GT(wait.count(), 0);
      std::thread([name = key.name, topic, answer] {
        if (name == "off") return answer(unavailable("the proxy is not connected"));
        if (topic == ProxyTopic::kConfiguration) return answer(std::string(R"({"listeners":[],"endpointSets":[1]})"));
        if (topic == ProxyTopic::kStatistics) return answer(std::string("a{b=\"c: d\"}: 0\nconnections: 3\n"));
        answer(std::string("db::10.0.0.1:80::weight::1\ndb::10.0.0.2:80::weight::2\nweb::no endpoints\n"));
      }).detach();
    };
    ApiTest::SetUp();
    create_mesh("default");
    for (const char* name : {"on", "off"}) {
      ASSERT_EQ(client_->put(cat("/meshes/default/dataplanes/", name), dataplane(name)).status, 201);
    }
  }
  TestAnswer ask(std::string_view rest, std::string headers = "") {
    return client_->send("GET", cat("/meshes/default/dataplanes/", rest), "", std::move(headers));
  }
};

TEST_F(ApiProxies, TheConfigurationIsShownWithOrWithoutShadowPolicies) {
  EXPECT_EQ(at(ask("on/_config"), {"of"}), "on");
  EXPECT_EQ(at(ask("on/_config?shadow=false&include=diff"), {"of"}), "on diff");
  EXPECT_EQ(at(ask("on/_config?shadow=true"), {"of"}), "on shadow");
  for (const char* parameter : {"shadow", "include"}) {
    const TestAnswer bad = ask(cat("on/_config?", parameter, "=x"));
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(at(bad, {"detail"}), cat("bad request: unsupported value for query parameter '", parameter, "'"));
  }
  EXPECT_EQ(ask("gone/_config").status, 404);
}

TEST_F(ApiProxies, AGlobalControlPlaneHasNoProxies) {
  options_.place.is_global = true;
  start();
  const TestAnswer refused = ask("on/_config");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(at(refused, {"detail"}), "Not allowed on global CP");
}

TEST_F(ApiProxies, ADumpHoldsEndpointsWhenTheyAreAskedFor) {
  EXPECT_EQ(at(ask("on/xds"), {"endpointSets"}), "-");
  EXPECT_EQ(at(ask("on/xds?include_eds=true"), {"endpointSets", "0"}), "1");
  EXPECT_EQ(ask("on/xds").header("content-type"), "application/json");
}

TEST_F(ApiProxies, StatisticsComeAsTextOrAsJson) {
  EXPECT_EQ(ask("on/stats").body, "a{b=\"c: d\"}: 0\nconnections: 3\n");
  EXPECT_EQ(ask("on/stats").header("content-type"), "text/plain");
  EXPECT_EQ(ask("on/stats?usedonly=true").body, "connections: 3\n");
  EXPECT_EQ(at(ask("on/stats?format=json"), {"stats", "0", "name"}), "a{b=\"c: d\"}");
  EXPECT_EQ(at(ask("on/stats?format=json&usedonly=true"), {"stats", "0", "value"}), "3");
  EXPECT_EQ(ask("on/stats?format=xml").status, 400);
}

TEST_F(ApiProxies, ClustersComeAsTextOrAsJson) {
  EXPECT_THAT(ask("on/clusters").body, HasSubstr("db::10.0.0.1:80::weight::1\n"));
  const TestAnswer json = ask("on/clusters?format=json");
  EXPECT_EQ(at(json, {"cluster_statuses", "0", "name"}), "db");
  EXPECT_EQ(at(json, {"cluster_statuses", "0", "host_statuses", "1", "address"}), "10.0.0.2:80");
  EXPECT_EQ(at(json, {"cluster_statuses", "0", "host_statuses", "1", "weight"}), "2");
  EXPECT_EQ(at(json, {"cluster_statuses", "1", "name"}), "web");
  EXPECT_EQ(at(json, {"cluster_statuses", "1", "host_statuses", "0"}), "-");
}

TEST_F(ApiProxies, AProxyThatIsAwayIsUnavailableAndAnUnknownOneNotFound) {
  for (const char* word : {"xds", "stats", "clusters"}) {
    const TestAnswer away = ask(cat("off/", word));
    EXPECT_EQ(away.status, 503) << word;
    EXPECT_EQ(at(away, {"title"}), "Service unavailable");
    EXPECT_EQ(at(away, {"detail"}), "the proxy is not connected");
    const TestAnswer gone = ask(cat("gone/", word));
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(at(gone, {"title"}), "Could not execute admin operation");
  }
  EXPECT_EQ(ask("on/memory").status, 404);
}

TEST_F(ApiProxies, EachViewHasItsOwnList) {
  options_.access.view_stats = AccessList::admins();
  start();
  const std::string elsewhere = "Host: cp\r\n";
  EXPECT_EQ(ask("on/stats", elsewhere).status, 403);
  EXPECT_EQ(ask("on/clusters", elsewhere).status, 200);
  EXPECT_EQ(ask("on/stats").status, 200);
  options_.access.view_config_dump = AccessList::admins();
  start();
  EXPECT_EQ(ask("on/xds", elsewhere).status, 403);
  EXPECT_EQ(ask("on/_config", elsewhere).status, 403);
}

}  // namespace
}  // namespace weft::cp
