// Who may talk, from a document to a refusal: a mesh of real programs that gets identities and permissions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/mesh.h"
#include "tests/support/wait.h"

namespace weft::test {
namespace {

using testing::HasSubstr;

constexpr std::string_view kIdentity = R"(type: MeshIdentity
mesh: default
name: identity
spec:
  selector: {dataplane: {matchLabels: {}}}
  provider: {type: Bundled, bundled: {autogenerate: {enabled: true}, insecureAllowSelfSigned: true}}
)";

// Who may talk to `backend`: the workload web, by one of the three lists.
std::string permission(std::string_view list) {
  return cat("type: MeshTrafficPermission\nmesh: default\nname: callers\n",
             "spec:\n  targetRef: {kind: Dataplane, labels: {kuma.io/workload: backend}}\n  rules:\n  - default: {",
             list, ": [{spiffeID: {type: Prefix, value: \"spiffe://default.default.mesh.local/workload/web\"}}]}\n");
}

// backend has an HTTP and a TCP port with the same service behind them; web reaches both.
class PermissionTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    const uint16_t service = mesh_.start_service("backend");
    inbound_ = free_port("127.0.0.2");
    const uint16_t raw = free_port("127.0.0.2");
    http_ = free_port();
    tcp_ = free_port();
    const std::string behind = cat(", serviceAddress: 127.0.0.1, servicePort: ", service, ", protocol: ");
    ASSERT_TRUE(mesh_.start_proxy(
        "backend-1", {.dataplane = cat("type: Dataplane\nmesh: default\nname: backend-1\n",
                                       "labels: {kuma.io/workload: backend}\nnetworking:\n  address: 127.0.0.2\n",
                                       "  inbound:\n  - {name: http, port: ", inbound_, behind, "http}\n",
                                       "  - {name: raw, port: ", raw, behind, "tcp}\n"),
                      .token = mesh_.token("backend-1", "backend")}))
        << mesh_.process("backend-1").output();
    const auto outbound = [](uint16_t port, uint16_t to) {
      return cat("  - {address: 127.0.0.1, port: ", port, ", backendRef: {kind: MeshService, name: backend, port: ", to,
                 "}}\n");
    };
    ASSERT_TRUE(mesh_.start_proxy(
        "web-1", {.dataplane = cat("type: Dataplane\nmesh: default\nname: web-1\nlabels: {kuma.io/workload: web}\n",
                                   "networking:\n  address: 127.0.0.3\n  outbound:\n", outbound(http_, inbound_),
                                   outbound(tcp_, raw)),
                  .token = mesh_.token("web-1", "web")}))
        << mesh_.process("web-1").output();
    ASSERT_TRUE(eventually([&] { return ask(http_).status == 200 && ask(tcp_).status == 200; })) << logs();
  }
  std::string logs() {
    return cat("== weft-cp\n", mesh_.control_plane().output(), "== backend-1\n", mesh_.process("backend-1").output(),
               "== web-1\n", mesh_.process("web-1").output());
  }
  HttpAnswer ask(uint16_t port) { return http_get(port, "/").value_or(HttpAnswer()); }
  // Everybody has a certificate, and web speaks mutual TLS with backend.
  bool becomes_known() {
    return eventually([&] { return ask(http_).body == "RBAC: access denied"; });
  }
  // Written, and active everywhere.
  std::string applied(const std::string& documents) {
    const Finished finished = mesh_.weftctl({"apply", "-f", "-", "--wait"}, documents);
    EXPECT_EQ(finished.exit_code, 0) << finished.err << finished.out;
    return finished.out + finished.err;
  }
  // The statistics of backend's proxy, one "name: value" a line.
  std::string statistics() {
    return http_get(mesh_.api_port(), "/meshes/default/dataplanes/backend-1/stats").value_or(HttpAnswer()).body;
  }

  Mesh mesh_;
  uint16_t inbound_ = 0, http_ = 0, tcp_ = 0;
};

TEST_F(PermissionTest, IdentitiesCloseTheMeshAndPermissionsOpenIt) {
  EXPECT_THAT(applied(std::string(kIdentity)), HasSubstr("lets anybody in"));
  ASSERT_TRUE(becomes_known()) << logs();
  const HttpAnswer refused = ask(http_);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.header("x-weft-reason"), HasSubstr("denied; by=inbound; flag=DENY; policy=default"));
  EXPECT_TRUE(eventually([&] { return ask(tcp_).status == 0; })) << "closed";

  applied(permission("allow"));
  EXPECT_EQ(ask(http_).status, 200) << logs();
  EXPECT_EQ(ask(tcp_).status, 200) << logs();

  // A change holds from the next request of a connection, and for open TCP connections.
  Connection requests(http_);
  Connection bytes(tcp_);
  ASSERT_EQ(requests.request("GET", "/").value_or(HttpAnswer()).status, 200);
  ASSERT_EQ(bytes.request("GET", "/").value_or(HttpAnswer()).status, 200);
  applied(permission("deny"));
  EXPECT_EQ(requests.request("GET", "/").value_or(HttpAnswer()).status, 403);
  EXPECT_FALSE(bytes.request("GET", "/").has_value()) << "closed";
  EXPECT_EQ(ask(tcp_).status, 0);

  applied(permission("allowWithShadowDeny"));
  EXPECT_EQ(requests.request("GET", "/").value_or(HttpAnswer()).status, 200);
  const std::string numbers = statistics();
  EXPECT_THAT(numbers, HasSubstr("weft_policy_denials_total"));
  EXPECT_THAT(numbers, HasSubstr("weft_policy_shadow_denials_total"));
  EXPECT_THAT(numbers, HasSubstr("policy=\"kri_mtp_default_default__callers_\""));
  EXPECT_THAT(numbers, HasSubstr("weft_connections_revoked_total"));
  EXPECT_THAT(mesh_.process("backend-1").output(), HasSubstr("denied by policy"));
}

TEST_F(PermissionTest, PlainCallersAreRefusedUnlessPermissiveLetsThemInUnchecked) {
  applied(std::string(kIdentity));
  ASSERT_TRUE(becomes_known()) << logs();
  const auto plainly = [&] {
    Connection connection(inbound_, "127.0.0.2");
    return connection.request("GET", "/").value_or(HttpAnswer());
  };
  EXPECT_NE(plainly().status, 200);
  const std::string said =
      applied("type: MeshTLS\nmesh: default\nname: not-yet\nspec:\n  rules:\n  - default: {mode: Permissive}\n");
  EXPECT_THAT(said, HasSubstr("mode is Permissive"));
  EXPECT_EQ(plainly().status, 200) << logs();
  EXPECT_EQ(ask(http_).status, 403) << "a caller of the mesh is still asked";
  EXPECT_THAT(statistics(), HasSubstr("weft_unauthenticated_caller_connections_total"));
}

}  // namespace
}  // namespace weft::test
