#include "control-plane/trust_hooks.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/document/document.h"
#include "base/text.h"
#include "control-plane/control_plane.h"
#include "control-plane/identity/mesh_authority.h"
#include "control-plane/resource/check.h"
#include "control-plane/source/test_client.h"
#include "control-plane/store/sqlite_store.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};
constexpr char kSupplied[] = R"("insecureAllowSelfSigned":true,"ca":{
    "certificate":{"type":"Secret","secretRef":{"kind":"Secret","name":"ca"}},
    "privateKey":{"type":"Secret","secretRef":{"kind":"Secret","name":"ca-key"}}})";

class TrustRequests : public testing::Test {
 protected:
  void SetUp() override { write(R"({"type":"Mesh","name":"default"})"); }
  void write(std::string_view json) {
    const Checked document = check_document(parse_json(json).value(), "default");
    ASSERT_TRUE(document.errors.empty()) << sentence(document.errors.front());
    ASSERT_TRUE(store_->write({{.key = document.resource->key, .resource = document.resource}}).ok());
  }
  void identity(std::string_view bundled) {
    write(cat(R"({"type":"MeshIdentity","name":"identity","spec":{"selector":{"dataplane":{}},"provider":{"type":)",
              R"("Bundled","bundled":{)", bundled, "}}}}"));
  }
  Status ask(const TrustRequest& request) {
    return change_trust(request, Place{.zone = "east"}, *store_, *worlds_->current(), kNow);
  }
  RotationState state() {
    const ResourcePtr found = worlds_->current()->find({"MeshIdentity", "default", "identity"});
    return found->status == nullptr ? RotationState()
                                    : read_rotation(dynamic_cast<const v1::MeshIdentityStatus&>(*found->status));
  }
  std::unique_ptr<Store> store_ = open_sqlite_store(":memory:").value();
  std::unique_ptr<WorldPublisher> worlds_ = WorldPublisher::start(*store_).value();
};

TEST_F(TrustRequests, AreWrittenIntoTheIdentity) {
  identity(R"("insecureAllowSelfSigned":true,"autogenerate":{"enabled":true})");
  ASSERT_TRUE(ask({.mesh = "default"}).ok());
  EXPECT_EQ(state().phase, RotationPhase::kRequested);
  EXPECT_TRUE(state().retires);
  EXPECT_FALSE(state().forced);
  ASSERT_TRUE(ask({.mesh = "default", .identity = "identity", .force = true}).ok());
  EXPECT_TRUE(state().forced);
  EXPECT_EQ(state().started, kNow);
}

TEST_F(TrustRequests, ARepairWaitsForNobody) {
  identity(R"("insecureAllowSelfSigned":true,"autogenerate":{"enabled":true})");
  ASSERT_TRUE(ask({.mesh = "default", .repair = true}).ok());
  EXPECT_TRUE(state().forced);
}

TEST_F(TrustRequests, NobodyToAskIsNamed) {
  EXPECT_THAT(reason(ask({.mesh = "default"})), HasSubstr("no MeshIdentity with an authority"));
  identity(R"("insecureAllowSelfSigned":true,"autogenerate":{"enabled":true})");
  EXPECT_TRUE(is_not_found(ask({.mesh = "default", .identity = "other"})));
  const MeshAuthority next = make_mesh_authority("x", kNow).value();
  EXPECT_THAT(reason(ask({.mesh = "default", .certificate_pem = next.certificate_pem, .key_pem = next.key_pem})),
              HasSubstr("makes its authorities itself"));
}

TEST_F(TrustRequests, ASuppliedAuthorityIsPutIntoItsSecretsWhenItIsOne) {
  write(R"({"type":"Secret","name":"ca","data":"YQ=="})");
  write(R"({"type":"Secret","name":"ca-key","data":"YQ=="})");
  identity(kSupplied);
  EXPECT_THAT(reason(ask({.mesh = "default"})), HasSubstr("--ca-cert"));
  const MeshAuthority next = make_mesh_authority("x", kNow).value();
  const MeshAuthority other = make_mesh_authority("x", kNow).value();
  const Status refused = ask({.mesh = "default", .certificate_pem = next.certificate_pem, .key_pem = other.key_pem});
  EXPECT_THAT(reason(refused), HasSubstr("do not belong together"));
  EXPECT_EQ(state().phase, RotationPhase::kNone);
  ASSERT_TRUE(ask({.mesh = "default", .certificate_pem = next.certificate_pem, .key_pem = next.key_pem}).ok());
  EXPECT_EQ(state().phase, RotationPhase::kRequested);
}

TEST(TrustApi, IsForAdministratorsAndSaysWhatIsMissing) {
  char name[] = "/tmp/weft-trust-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  Options options;
  options.work_dir = cat(name, "/work");
  options.api_interface = options.dp_interface = options.diagnostics_interface = "127.0.0.1";
  options.api_port = options.dp_port = options.diagnostics_port = 0;
  {
    const auto running = ControlPlane::start(options);
    ASSERT_TRUE(running.ok()) << running.status();
    TestClient client((*running)->api_port());
    EXPECT_EQ(client.get("/meshes/default/_trust").status, 200);
    EXPECT_EQ(client.get("/meshes/default/_identities").status, 200);
    EXPECT_EQ(client.get("/meshes/none/_trust").status, 404);
    EXPECT_EQ(client.send("POST", "/meshes/default/_trust/rotate", "{}").status, 404);
    EXPECT_EQ(client.send("POST", "/meshes/default/_trust/rotate", R"({"forse":true})").status, 400);
    EXPECT_EQ(client.get("/meshes/default/dataplanes/a/_verify-mtls").status, 400);
    EXPECT_EQ(client.get("/meshes/default/dataplanes/a/_verify-mtls?to=b").status, 404);
  }
  options.localhost_is_admin = false;
  {
    const auto running = ControlPlane::start(options);
    ASSERT_TRUE(running.ok()) << running.status();
    TestClient client((*running)->api_port());
    EXPECT_EQ(client.send("POST", "/meshes/default/_trust/rotate", "{}").status, 403);
    EXPECT_EQ(client.send("POST", "/meshes/default/_trust/repair", "{}").status, 403);
  }
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace weft::cp
