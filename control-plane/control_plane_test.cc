#include "control-plane/control_plane.h"

#include <stdlib.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "base/document/document.h"
#include "base/file.h"
#include "base/text.h"
#include "control-plane/source/test_client.h"

namespace weft::cp {
namespace {

class ControlPlaneTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weft-cp-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    options_.work_dir = cat(name, "/work");
    options_.api_interface = options_.dp_interface = options_.diagnostics_interface = "127.0.0.1";
    options_.api_port = options_.dp_port = options_.diagnostics_port = 0;
  }
  void TearDown() override { std::filesystem::remove_all(std::filesystem::path(options_.work_dir).parent_path()); }
  std::string file(std::string_view name) { return read_file(cat(options_.work_dir, '/', name)).value_or(""); }
  Options options_;
};

TEST_F(ControlPlaneTest, SaysItsPortsInAFileAndKeepsItsAuthorityAcrossStarts) {
  std::string authority, cluster;
  {
    const auto running = ControlPlane::start(options_);
    ASSERT_TRUE(running.ok()) << running.status();
    const Node ports = parse_json(file("ports.json")).value();
    EXPECT_EQ(ports.find("api")->text, cat((*running)->api_port()));
    EXPECT_EQ(ports.find("apiHttps")->text, cat((*running)->api_https_port()));
    EXPECT_NE((*running)->api_https_port(), 0);
    EXPECT_EQ(ports.find("dp")->text, cat((*running)->dp_port()));
    EXPECT_EQ(ports.find("diagnostics")->text, cat((*running)->diagnostics_port()));
    EXPECT_EQ(ports.find("monitoring")->text, cat((*running)->monitoring_port()));
    authority = file("ca.crt");
    cluster = file("cluster-id");
    EXPECT_FALSE(authority.empty());
  }
  ASSERT_TRUE(ControlPlane::start(options_).ok());
  EXPECT_EQ(file("ca.crt"), authority);
  EXPECT_EQ(file("cluster-id"), cluster);
}

TEST_F(ControlPlaneTest, APortInUseIsAnErrorThatNamesIt) {
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  for (uint16_t Options::*port : {&Options::api_port, &Options::dp_port, &Options::diagnostics_port}) {
    Options second = options_;
    second.work_dir += "-2";
    second.*port = port == &Options::api_port  ? (*running)->api_port()
                   : port == &Options::dp_port ? (*running)->dp_port()
                                               : (*running)->diagnostics_port();
    const auto refused = ControlPlane::start(second);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(reason(refused.status()).find(cat(second.*port)), std::string::npos) << refused.status();
  }
}

TEST_F(ControlPlaneTest, TwoOnOneWorkFolderIsAnError) {
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_FALSE(ControlPlane::start(options_).ok());
  EXPECT_NE(file("ports.json"), "");  // the first one's
}

TEST_F(ControlPlaneTest, HttpsCanBeSwitchedOff) {
  options_.https_enabled = false;
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ((*running)->api_https_port(), 0);
}

TEST_F(ControlPlaneTest, PrometheusIsToldWhatToReadAndOfEveryChange) {
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  const auto ask = [&](std::string_view version) {
    return TestClient((*running)->monitoring_port())
        .post("/v3/discovery:monitoringassignments?fetch-timeout=20s",
              cat(R"({"version_info":")", version, R"(","node":{"id":"p"}})"));
  };
  const Node before = parse_json(ask("").body).value();
  EXPECT_TRUE(before.find("resources")->items.empty());
  TestClient api((*running)->api_port());
  api.put("/meshes/default/dataplanes/web",
          R"({"type":"Dataplane","mesh":"default","name":"web","networking":{"address":"10.0.0.1"}})");
  api.put("/meshes/default/meshmetrics/all",
          R"({"type":"MeshMetric","mesh":"default","name":"all","spec":{"default":{"backends":[)"
          R"({"type":"Prometheus","prometheus":{"port":5670}}]}}})");
  const TestAnswer after = ask(before.find("version_info")->text);
  EXPECT_EQ(after.status, 200);
  EXPECT_NE(after.body.find("10.0.0.1:5670"), std::string::npos) << after.body;
}

TEST_F(ControlPlaneTest, MetricsHaveTheNamesThatDashboardsLookFor) {
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  TestClient api((*running)->api_port());
  api.put("/meshes/default/meshretries/r",
          R"({"type":"MeshRetry","mesh":"default","name":"r","spec":{"to":[{"targetRef":{"kind":"Mesh"},)"
          R"("default":{"http":{"numRetries":1}}}]}})");
  api.get("/meshes/nowhere/meshretries");
  const std::string text = TestClient((*running)->diagnostics_port()).get("/metrics").body;
  for (
      const std::string_view line :
      {R"(api_server_http_request_duration_seconds_count{code="201",)"
       R"(handler="/meshes/{mesh}/meshretries/{name}",method="PUT"} 1)",
       R"(api_server_http_request_duration_seconds_count{code="404",handler="/meshes/{mesh}/meshretries",method="GET"} 1)",
       R"(store_count{operation="create",resource_type="MeshRetry"} )",
       R"(product="Weft",version="0.1.0",zone="default"} 1)",
       R"(resources_count{resource_type="Mesh",zone="default"} 1)", "# TYPE cp_info gauge",
       "# TYPE vip_generation histogram", "# TYPE xds_generation histogram",
       "vip_generation_bucket{le=", R"(xds_generation_count{result="changed"} 0)"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST_F(ControlPlaneTest, ATypeThatIsSwitchedOffIsUnknownAndWhatIsStoredOfItIsKept) {
  const std::string policy =
      R"({"type":"MeshRetry","mesh":"default","name":"r","spec":{"to":[{"targetRef":{"kind":"Mesh"},)"
      R"("default":{"http":{"numRetries":1}}}]}})";
  const auto get = [&](const ControlPlane& running, std::string_view target) {
    return TestClient(running.api_port()).get(target);
  };
  {
    const auto running = ControlPlane::start(options_);
    ASSERT_TRUE(running.ok()) << running.status();
    ASSERT_EQ(TestClient((*running)->api_port()).put("/meshes/default/meshretries/r", policy).status, 201);
  }
  std::erase(options_.enabled_policies, "meshretries");
  std::erase(options_.enabled_core_resources, "meshservices");
  {
    const auto running = ControlPlane::start(options_);
    ASSERT_TRUE(running.ok()) << running.status();
    TestClient api((*running)->api_port());
    for (const char* target : {"/meshes/default/meshretries/r", "/meshretries", "/meshes/default/meshservices",
                               "/meshes/default/meshservices/x/_hostnames"}) {
      EXPECT_EQ(api.get(target).status, 404) << target;
    }
    EXPECT_EQ(api.put("/meshes/default/meshretries/r2", policy).status, 404);
    EXPECT_EQ(api.get("/meshes/default/meshtimeouts").status, 200);
    EXPECT_EQ(api.get("/_resources").body.find("MeshRetry"), std::string::npos);
    EXPECT_EQ(api.get("/policies").body.find("MeshRetry"), std::string::npos);
    EXPECT_EQ(api.get("/openapi.json").body.find("/meshretries"), std::string::npos);
    EXPECT_EQ(api.put("/meshes/other", R"({"type":"Mesh","name":"other"})").status, 201);
    // Nothing of it holds, and a service is not made of a workload again and again.
    api.put("/meshes/other/dataplanes/web",
            R"({"type":"Dataplane","mesh":"other","name":"web","labels":{"kuma.io/workload":"web"},)"
            R"("networking":{"address":"10.0.0.1","inbound":[{"port":80}]}})");
    EXPECT_EQ(api.get("/meshes/other/dataplanes/web/_rules").body.find("MeshRetry"), std::string::npos);
    EXPECT_NE(api.get("/meshes/other/dataplanes/web/_rules").body.find("MeshTimeout"), std::string::npos);
  }
  options_.enabled_policies = policy_paths();
  options_.enabled_core_resources = core_resource_paths();
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ(get(**running, "/meshes/default/meshretries/r").status, 200);
  EXPECT_EQ(get(**running, "/meshes/other/meshretries").body.find("mesh-retry-all-other"), std::string::npos);
}

TEST_F(ControlPlaneTest, ThePortForPrometheusCanBeSwitchedOff) {
  options_.monitoring_enabled = false;
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ((*running)->monitoring_port(), 0);
}

TEST_F(ControlPlaneTest, APublicKeyThatCannotBeReadIsAnErrorThatNamesIt) {
  options_.user_tokens.public_keys = {{"partner", "", "/no/such.pem"}};
  EXPECT_NE(reason(ControlPlane::start(options_).status()).find("publicKeys: key \"partner\""), std::string::npos);
}

TEST_F(ControlPlaneTest, ACertificateFileThatIsNotThereIsAnError) {
  options_.tls_cert_file = "/no/such.crt";
  options_.tls_key_file = "/no/such.key";
  EXPECT_NE(reason(ControlPlane::start(options_).status()).find("/no/such.crt"), std::string::npos);
}

TEST_F(ControlPlaneTest, EveryRouteItServesIsDescribed) {
  const auto running = ControlPlane::start(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  const TestAnswer answer = TestClient((*running)->api_port()).get("/openapi.json");
  ASSERT_EQ(answer.status, 200);
  const auto document = parse_json(answer.body);
  ASSERT_TRUE(document.ok()) << document.status();
  for (const Member& path : document->find("paths")->members) {
    for (const Member& operation : path.value.members) {
      EXPECT_NE(operation.value.find("summary"), nullptr)
          << operation.key << " " << path.key << " has no line in control-plane/source/openapi_endpoint.cc";
    }
  }
}

}  // namespace
}  // namespace weft::cp
