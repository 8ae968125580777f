// Identities of real proxies: certificates come, are renewed, and come back after a control plane that was away; a mesh
// under load turns to mutual TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/mesh.h"
#include "tests/support/wait.h"

namespace weft::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPermissive = R"(type: MeshTLS
name: permissive
spec:
  targetRef: {kind: Mesh}
  rules:
  - default: {mode: Permissive}
)";
constexpr std::string_view kAllowAll = R"(type: MeshTrafficPermission
name: members
spec:
  targetRef: {kind: Mesh}
  rules:
  - default:
      allow: [{spiffeID: {type: Prefix, value: "spiffe://default.default.mesh.local/workload"}}]
)";

std::string identity(std::string_view lifetime) {
  return cat(
      "type: MeshIdentity\nname: identity\nspec:\n  selector: {dataplane: {matchLabels: {}}}\n  provider:\n",
      "    type: Bundled\n    bundled:\n      autogenerate: {enabled: true}\n      insecureAllowSelfSigned: true\n",
      "      certificateParameters: {expiry: ", lifetime, "}\n");
}

class IdentityTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output(); }

  std::string logs() {
    std::string out = cat("== weft-cp\n", mesh_.control_plane().output());
    for (const char* proxy : {"web-1", "backend-1"}) append(out, "== ", proxy, "\n", mesh_.process(proxy).output());
    return out;
  }
  std::string stats(const std::string& proxy) {
    return http_get(mesh_.api_port(), cat("/meshes/default/dataplanes/", proxy, "/stats")).value_or(HttpAnswer()).body;
  }
  // The value behind "name: " on a line of the proxy's statistics; -1 when there is none.
  double stat(const std::string& proxy, std::string_view name) {
    const std::string text = stats(proxy);
    for (const std::string_view line : split(text, '\n')) {
      if (!line.starts_with(name) || !line.substr(name.size()).starts_with(": ")) continue;
      const std::string_view value = line.substr(name.size() + 2);
      double number = -1;
      std::from_chars(value.data(), value.data() + value.size(), number);
      return number;
    }
    return -1;
  }
  void apply(std::string_view document) {
    const Finished done = mesh_.apply(std::string(document));
    ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
  }
  bool certified(const std::string& proxy) {
    return eventually([&] { return stat(proxy, "weft_certificate_expiry_timestamp_seconds") > 0; });
  }
  bool tls_ready() {
    return eventually([&] {
      const auto answer = http_get(mesh_.api_port(), "/meshes/default/meshservices/backend");
      const Node document = parse_json(answer ? answer->body : "{}").value_or(Node{});
      const Node* status = document.find("status");
      const Node* tls = status == nullptr ? nullptr : status->find("tls");
      const Node* word = tls == nullptr ? nullptr : tls->find("status");
      return word != nullptr && word->text == "Ready";
    });
  }
  bool speaks_mutual_tls(uint16_t web) {
    return eventually([&] {
      http_get(web, "/");
      return stat("web-1", R"(weft_tls_handshakes_total{side="client",kind="full"})") > 0 &&
             stat("backend-1", R"(weft_tls_handshakes_total{side="server",kind="full"})") > 0;
    });
  }
  static void expect_nothing_lost(const Node& report) {
    EXPECT_GT(count(report, "sent"), 0);
    EXPECT_EQ(count(report, "sent"), count(report, "ok"));
    EXPECT_EQ(count(report, "resets"), 0);
    EXPECT_EQ(count(report, "notConnected"), 0);
  }
  // The safe order of the contract (defaults.md 6): permissive and allowed first, identities then.
  void secure(uint16_t web, std::string_view lifetime) {
    for (const std::string& document : {std::string(kPermissive), std::string(kAllowAll), identity(lifetime)})
      ASSERT_NO_FATAL_FAILURE(apply(document));
    ASSERT_TRUE(certified("web-1") && certified("backend-1")) << logs();
    ASSERT_TRUE(tls_ready()) << logs();
    ASSERT_TRUE(speaks_mutual_tls(web)) << stats("web-1") << logs();
  }

  Mesh mesh_;
};

TEST_F(IdentityTest, AMeshUnderLoadTurnsToMutualTlsAndThenToStrictWithoutAFailedRequest) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0) << logs();
  mesh_.start_load(web, {"--rate", "200"});
  ASSERT_NO_FATAL_FAILURE(secure(web, "1h"));
  EXPECT_EQ(mesh_.weftctl({"delete", "meshtls", "permissive"}).exit_code, 0);
  const Finished waited = mesh_.weftctl({"apply", "-f", "-", "--wait"}, std::string(kAllowAll));
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(http_get(web, "/").value_or(HttpAnswer{}).status, 200);
  expect_nothing_lost(mesh_.stop_load());
  EXPECT_EQ(stat("web-1", "weft_certificate_alarm"), 0);
}

TEST_F(IdentityTest, AControlPlaneThatIsAwayForLongerThanALifetimeIsAlarmedAboutAndHealsWhenItReturns) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0) << logs();
  ASSERT_NO_FATAL_FAILURE(secure(web, "4s"));
  const auto answers = [&] { return http_get(web, "/").value_or(HttpAnswer{}).status == 200; };
  mesh_.control_plane().kill();
  EXPECT_TRUE(eventually([&] {
    return mesh_.process("web-1").output().find("certificate alarm") != std::string::npos;
  })) << logs();
  // No proof, no traffic.
  EXPECT_TRUE(eventually([&] { return !answers(); })) << logs();
  ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
  EXPECT_TRUE(eventually(answers)) << logs();
  EXPECT_TRUE(eventually([&] { return stat("web-1", "weft_certificate_alarm") == 0; })) << logs();
  EXPECT_THAT(mesh_.process("web-1").output(), HasSubstr("certificate alarm is over"));
}

TEST_F(IdentityTest, AProxyThatIsToldWhoItIsWhileNobodySignsLetsNothingIn) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0) << logs();
  ASSERT_NO_FATAL_FAILURE(secure(web, "1h"));
  ASSERT_TRUE(eventually([&] {
    const std::string kept = read_file(mesh_.folder() + "/backend-1/snapshot.pb").value_or("");
    return kept.find("spiffe://default.default.mesh.local/workload/backend") != std::string::npos;
  }));
  mesh_.control_plane().kill();
  mesh_.process("backend-1").kill();
  mesh_.start_proxy("backend-1", {.dataplane = mesh_.backend_document(),
                                  .token = read_file(mesh_.folder() + "/backend-1.token").value_or(""),
                                  .wait_until_ready = false});
  EXPECT_TRUE(eventually([&] {
    return mesh_.process("backend-1").output().find("waiting for a certificate") != std::string::npos;
  })) << logs();
  EXPECT_NE(http_get(web, "/").value_or(HttpAnswer{}).status, 200);
  ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
  EXPECT_TRUE(eventually([&] { return http_get(web, "/").value_or(HttpAnswer{}).status == 200; })) << logs();
}

}  // namespace
}  // namespace weft::test
