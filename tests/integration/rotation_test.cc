// One authority follows another while requests run, the control plane is killed, or the store is an old one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using testing::HasSubstr;
using testing::Not;

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

class RotationTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    web_ = mesh_.start_web_and_backend();
    ASSERT_NE(web_, 0) << logs();
    const Finished applied = mesh_.apply(std::string(kIdentity));
    ASSERT_EQ(applied.exit_code, 0) << applied.err;
    ASSERT_TRUE(all_hold(issuer())) << identities() << logs();
    // Clients begin to speak TLS a moment after the last instance holds a certificate.
    ASSERT_TRUE(eventually([&] { return verify().exit_code == 0; })) << verify().out << verify().err << logs();
  }
  Finished verify() { return mesh_.weftctl({"verify", "mtls", "web-1", "backend-1"}); }
  std::string logs() {
    std::string out = cat("== weft-cp\n", mesh_.control_plane().output());
    for (const char* proxy : {"web-1", "backend-1"}) append(out, "== ", proxy, "\n", mesh_.process(proxy).output());
    return out;
  }
  std::string identities() { return mesh_.weftctl({"inspect", "identities"}).out; }
  Node trust() { return parse_json(mesh_.weftctl({"trust", "status", "-o", "json"}).out).value_or(Node{}); }
  // The first item's, "issuing.id".
  std::string of_trust(std::string_view object, std::string_view key) {
    const Node all = trust();
    const Node* items = all.find("items");
    const Node* found = items == nullptr || items->items.empty() ? nullptr : items->items.front().find(object);
    found = found == nullptr ? nullptr : found->find(key);
    return found == nullptr ? "" : found->text;
  }
  std::string issuer() {
    std::string id;
    (void)eventually([&] { return !(id = of_trust("issuing", "id")).empty(); });
    return id;
  }
  std::string phase() { return of_trust("rotation", "phase"); }
  bool all_hold(const std::string& issuer) {
    return eventually([&] {
      const Node held = parse_json(mesh_.weftctl({"inspect", "identities", "-o", "json"}).out).value_or(Node{});
      const Node* items = held.find("items");
      if (items == nullptr || items->items.size() < 2) return false;
      for (const Node& item : items->items) {
        const Node* certificate = item.find("certificate");
        const Node* problems = item.find("problems");
        if (certificate == nullptr || certificate->find("issuer")->text != issuer || !problems->items.empty())
          return false;
      }
      return true;
    });
  }

  Mesh mesh_;
  uint16_t web_ = 0;
};

TEST_F(RotationTest, Case39NoRequestFailsWhileAuthoritiesFollowEachOther) {
  const std::string first = issuer();
  mesh_.start_load(web_, {"-c", "4"});
  for (int i = 0; i < 2; ++i) {
    const Finished rotated = mesh_.weftctl({"trust", "rotate", "identity", "--timeout", "60s"});
    ASSERT_EQ(rotated.exit_code, 0) << rotated.out << rotated.err << logs();
  }
  const Node report = mesh_.stop_load();
  EXPECT_GT(count(report, "sent"), 100);
  EXPECT_EQ(count(report, "sent"), count(report, "ok")) << logs();
  EXPECT_EQ(count(report, "resets"), 0);
  EXPECT_NE(issuer(), first);
  EXPECT_TRUE(all_hold(issuer())) << identities();
  const std::string believed = mesh_.weftctl({"get", "meshtrust", "identity", "-o", "yaml"}).out;
  EXPECT_EQ(believed.find("BEGIN CERTIFICATE"), believed.rfind("BEGIN CERTIFICATE")) << "the old ones are gone";
}

TEST_F(RotationTest, AControlPlaneThatIsKilledInAnyPhaseGoesOn) {
  for (const char* at : {"Trusting", "Renewing"}) {
    const std::string before = issuer();
    ASSERT_EQ(mesh_.weftctl({"trust", "rotate", "identity", "--no-wait"}).exit_code, 0);
    ASSERT_TRUE(eventually([&] { return phase() == at; })) << at;
    mesh_.control_plane().kill();
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    ASSERT_TRUE(eventually([&] { return phase().empty() && issuer() != before; })) << at << logs();
    EXPECT_TRUE(all_hold(issuer())) << identities();
  }
}

TEST_F(RotationTest, WhoIsLateIsNamedAndNoStepIsTakenWithoutIt) {
  const std::string before = issuer();
  mesh_.process("web-1").signal(SIGSTOP);
  const Finished waited = mesh_.weftctl({"trust", "rotate", "identity", "--timeout", "2s"});
  EXPECT_EQ(waited.exit_code, 1);
  EXPECT_THAT(waited.err, HasSubstr("web-1"));
  EXPECT_THAT(waited.err, HasSubstr("--force lets the new authority sign now"));
  EXPECT_EQ(issuer(), before);
  mesh_.process("web-1").signal(SIGCONT);
  EXPECT_EQ(mesh_.weftctl({"trust", "rotate", "identity", "--timeout", "60s"}).exit_code, 0) << "it is resumed";
  EXPECT_NE(issuer(), before);
}

TEST_F(RotationTest, AStoreThatIsOlderThanARotationIsNoticedAndHeals) {
  const std::string old_issuer = issuer();
  const std::string folder = mesh_.folder();
  const auto copy = [](const std::string& from, const std::string& to) {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  };
  mesh_.control_plane().signal(SIGTERM);
  ASSERT_TRUE(mesh_.control_plane().wait().has_value());
  copy(folder + "/cp", folder + "/backup");
  ASSERT_TRUE(mesh_.start_control_plane());
  ASSERT_TRUE(all_hold(old_issuer));
  ASSERT_EQ(mesh_.weftctl({"trust", "rotate", "identity", "--timeout", "60s"}).exit_code, 0) << logs();
  const std::string lost = issuer();
  ASSERT_NE(lost, old_issuer);

  mesh_.control_plane().signal(SIGTERM);
  ASSERT_TRUE(mesh_.control_plane().wait().has_value());
  copy(folder + "/backup", folder + "/cp");
  ASSERT_TRUE(mesh_.start_control_plane());
  EXPECT_TRUE(all_hold(old_issuer)) << "the authority that is known signs for everybody" << identities() << logs();
  EXPECT_EQ(mesh_.weftctl({"trust", "repair", "identity", "--timeout", "60s"}).exit_code, 0) << logs();
  EXPECT_NE(issuer(), old_issuer);
  EXPECT_TRUE(all_hold(issuer()));
  const auto answer = http_get(web_, "/");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
}

TEST_F(RotationTest, WhetherTwoProxiesCanTalkIsFoundOutByDoingIt) {
  Finished verified = verify();
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("from       spiffe://default.default.mesh.local/workload/web"));
  EXPECT_THAT(verified.out, HasSubstr("met        spiffe://default.default.mesh.local/workload/backend, serial "));
  EXPECT_THAT(verified.out, HasSubstr("everybody"));
  EXPECT_THAT(verified.out, HasSubstr("result     yes: GET / was answered with 200"));

  ASSERT_EQ(mesh_.weftctl({"delete", "meshtrafficpermission", "everybody"}).exit_code, 0);
  ASSERT_TRUE(eventually([&] {
    verified = verify();
    return verified.out.find("result     denied: ") != std::string::npos;
  })) << verified.out
      << verified.err;
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_EQ(mesh_.weftctl({"verify", "mtls", "backend-1", "web-1"}).exit_code, 1) << "web-1 has no inbound";
}

TEST_F(RotationTest, NoKeyIsReadableInTheStoreOrTold) {
  ASSERT_EQ(mesh_.weftctl({"trust", "rotate", "identity", "--timeout", "60s"}).exit_code, 0);
  EXPECT_THAT(read_file(mesh_.folder() + "/cp/weft.db").value_or(""), Not(HasSubstr("PRIVATE KEY")));
  EXPECT_THAT(read_file(mesh_.folder() + "/cp/weft.db-wal").value_or(""), Not(HasSubstr("PRIVATE KEY")));
  const std::string told = mesh_.weftctl({"trust", "status", "-o", "json"}).out +
                           mesh_.weftctl({"inspect", "identities", "-o", "json"}).out + logs();
  EXPECT_THAT(told, Not(HasSubstr("PRIVATE KEY")));
  EXPECT_THAT(told, Not(HasSubstr(read_file(mesh_.folder() + "/cp/store.key").value().substr(0, 40))));
  EXPECT_THAT(mesh_.weftctl({"get", "secret", "identity-private-key", "-o", "yaml"}).out, HasSubstr("data:"));
}

}  // namespace
}  // namespace weft::test
