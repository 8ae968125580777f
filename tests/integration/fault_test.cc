// Kills, restarts, a full disk, a port in use, draining: what a user would notice, with real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using testing::HasSubstr;

constexpr std::string_view kRetry = R"(type: MeshRetry
name: retry
spec:
  to:
  - targetRef: {kind: Mesh}
    default:
      http: {numRetries: 4, retryOn: ["5xx"]}
)";

class FaultTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output(); }

  std::string logs() {
    std::string out = cat("== weft-cp\n", mesh_.control_plane().output());
    for (const char* proxy : {"web-1", "backend-1"}) append(out, "== ", proxy, "\n", mesh_.process(proxy).output());
    return out;
  }
  // How many requests the service has seen.
  int64_t served() {
    const auto answer = http_get(mesh_.backend_port(), "/stats");
    return count(parse_json(answer ? answer->body : "{}").value_or(Node{}), "requests");
  }
  // Whether a policy reaches all proxies.
  bool applies() {
    return mesh_.weftctl({"apply", "-f", "-", "--wait"}, std::string(kRetry)).out.find("active on 2/2 proxies") !=
           std::string::npos;
  }
  void expect_nothing_lost(const Node& report) {
    EXPECT_GT(count(report, "sent"), 0);
    EXPECT_EQ(count(report, "sent"), count(report, "ok"));
    EXPECT_EQ(count(report, "resets"), 0);
    EXPECT_EQ(count(report, "notConnected"), 0);
  }

  Mesh mesh_;
};

TEST_F(FaultTest, TrafficOutlivesTheControlPlaneAndNothingIsSentAgainWhenItReturns) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0) << logs();
  mesh_.start_load(web, {"--rate", "200"});
  mesh_.control_plane().kill();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(http_get(web, "/").value_or(HttpAnswer{}).status, 200);
  ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
  const bool back = eventually([&] { return mesh_.metric("weft_cp_connected_proxies") == 2; });
  EXPECT_TRUE(back) << logs();
  // Both proxies told what they hold, and it was still right.
  EXPECT_EQ(mesh_.metric("weft_cp_items_sent_total"), 0) << logs();
  EXPECT_TRUE(applies()) << logs();
  expect_nothing_lost(mesh_.stop_load());
}

TEST_F(FaultTest, AKillInTheMiddleOfApplyingLosesNothingThatWasAcknowledged) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0) << logs();
  mesh_.start_load(web, {"--rate", "200"});
  std::string documents;
  for (int i = 100; i < 400; ++i)
    append(documents, "---\ntype: MeshTimeout\nname: t", i,
           "\nspec: {to: [{targetRef: {kind: Mesh}, default: {idleTimeout: 1h}}]}\n");
  Process apply(WEFTCTL,
                {"--config-file", mesh_.folder() + "/weftctl.yaml", "apply", "-f", mesh_.file("many.yaml", documents)},
                mesh_.folder() + "/apply.log");
  ASSERT_TRUE(eventually([&] { return apply.output().find("t120") != std::string::npos; })) << apply.output();
  mesh_.control_plane().kill();
  EXPECT_EQ(apply.wait().value_or(-1), 1);
  const std::string said = apply.output();
  EXPECT_THAT(said, HasSubstr("of 300 resources were applied"));
  ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
  const std::string stored = mesh_.weftctl({"get", "meshtimeouts"}).out;
  int acknowledged = 0;
  for (const std::string_view line : split(said, '\n')) {
    if (!line.ends_with("Created")) continue;
    const size_t name = line.find("name=\"") + 6;
    EXPECT_THAT(stored, HasSubstr(std::string(line.substr(name, line.find('"', name) - name))));
    ++acknowledged;
  }
  EXPECT_GE(acknowledged, 20);
  EXPECT_TRUE(eventually([&] { return mesh_.metric("weft_cp_connected_proxies") == 2; })) << logs();
  EXPECT_TRUE(applies()) << logs();
  expect_nothing_lost(mesh_.stop_load());
}

TEST_F(FaultTest, AProxyStartsFromItsLastGoodSnapshotWhileTheControlPlaneIsAway) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0) << logs();
  const std::string token = mesh_.token("web-1", "web");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(mesh_.folder() + "/web-1/snapshot.pb"); })) << logs();
  mesh_.control_plane().kill();
  mesh_.process("web-1").kill();
  ASSERT_TRUE(mesh_.start_proxy("web-1", {.dataplane = mesh_.web_document(), .token = token})) << logs();
  EXPECT_EQ(http_get(web, "/").value_or(HttpAnswer{}).status, 200) << logs();
  ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
  EXPECT_TRUE(eventually([&] { return mesh_.metric("weft_cp_connected_proxies") == 2; })) << logs();
  EXPECT_TRUE(applies()) << logs();
}

TEST_F(FaultTest, SigtermDrainsUnderLoadWithoutAFailedRequest) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0) << logs();
  mesh_.start_load(web, {"--rate", "300", "--concurrency", "8"});
  ASSERT_TRUE(eventually([&] { return served() > 100; }));
  Process& proxy = mesh_.process("web-1");
  proxy.signal(SIGTERM);
  EXPECT_TRUE(eventually([&] {
    const auto answer = http_get(mesh_.readiness_port("web-1"), "/ready");
    return !answer || answer->status == 503;
  })) << proxy.output();
  // A client that is told to close goes elsewhere; here there is nowhere else, so the load ends while the proxy drains.
  const int64_t before = served();
  EXPECT_TRUE(eventually([&] { return served() > before + 100; })) << proxy.output();
  expect_nothing_lost(mesh_.stop_load());
  EXPECT_EQ(proxy.wait(std::chrono::seconds(45)).value_or(-1), 0) << proxy.output();
}

TEST_F(FaultTest, APortInUseIsAClearErrorAtStart) {
  Process second(WEFT_CP,
                 {"run", "--work-dir", mesh_.folder() + "/cp2", "--api-port", cat(mesh_.api_port()), "--dp-port", "0",
                  "--diagnostics-port", "0", "--api-interface", "127.0.0.1"},
                 mesh_.folder() + "/cp2.log");
  const auto exit_code = second.wait();
  ASSERT_TRUE(exit_code.has_value()) << second.output();
  EXPECT_EQ(*exit_code, 1) << second.output();
  EXPECT_THAT(second.output(), HasSubstr(cat(mesh_.api_port())));
  EXPECT_THAT(lower(second.output()), HasSubstr("address already in use"));
}

TEST_F(FaultTest, AProxysPortInUseIsReportedByName) {
  const Connection occupied(mesh_.api_port());  // the control plane itself holds this port
  const std::string document =
      cat("type: Dataplane\nmesh: default\nname: web-1\nnetworking:\n  address: 127.0.0.1\n  inbound:\n  - {port: ",
          mesh_.api_port(), ", servicePort: 1, serviceAddress: 127.0.0.1, protocol: http}\n");
  mesh_.start_proxy("web-1", {.dataplane = document,
                              .token = mesh_.weftctl({"generate", "dataplane-token", "--valid-for", "1h"}).out,
                              .wait_until_ready = false});
  Process& proxy = mesh_.process("web-1");
  EXPECT_TRUE(eventually([&] {
    const std::string output = lower(proxy.output());
    return output.find("address already in use") != std::string::npos &&
           output.find(cat(mesh_.api_port())) != std::string::npos;
  })) << proxy.output();
}

// A small file system of the test's own. Needs root: others skip.
class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      GTEST_SKIP() << "mounting a small file system needs root";
    }
    disk_ = mesh_.folder() + "/disk";
    ASSERT_TRUE(make_folder(disk_).ok());
    if (mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=2m") != 0) GTEST_SKIP() << "no tmpfs can be mounted here";
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) umount2(disk_.c_str(), MNT_DETACH);
  }
  std::optional<HttpAnswer> put(int number) {
    const std::string data(8000, 'A');
    return http(mesh_.api_port(), "PUT", cat("/meshes/default/secrets/s", number),
                cat(R"({"type":"Secret","mesh":"default","name":"s)", number, R"(","data":")", data, "\"}"));
  }

  Mesh mesh_;
  std::string disk_;
  bool mounted_ = false;
};

TEST_F(FullDiskTest, AFullDiskIsAnErrorAndNothingAcknowledgedIsLost) {
  ASSERT_TRUE(mesh_.start_control_plane(disk_ + "/cp")) << mesh_.control_plane().output();
  int stored = 0;
  std::optional<HttpAnswer> answer;
  while (stored < 2000 && (answer = put(stored)) && answer->status == 201) ++stored;
  ASSERT_LT(stored, 2000);
  ASSERT_TRUE(answer.has_value()) << mesh_.control_plane().output();
  EXPECT_GE(answer->status, 500) << answer->body;
  EXPECT_THAT(answer->body, HasSubstr("title"));
  EXPECT_TRUE(mesh_.control_plane().running());
  // Reading still works; and after a crash everything that was acknowledged is there.
  EXPECT_EQ(http_get(mesh_.api_port(), "/meshes").value_or(HttpAnswer{}).status, 200);
  mesh_.control_plane().kill();
  mount("tmpfs", disk_.c_str(), "tmpfs", MS_REMOUNT, "size=64m");
  ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
  for (int i = 0; i < stored; ++i) {
    EXPECT_EQ(http_get(mesh_.api_port(), cat("/meshes/default/secrets/s", i)).value_or(HttpAnswer{}).status, 200) << i;
  }
  EXPECT_EQ(put(stored).value_or(HttpAnswer{}).status, 201);
}

}  // namespace
}  // namespace weft::test
