// Who may connect: a proxy whose token is not good is told why and ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kDataplane = R"(type: Dataplane
mesh: default
name: web-1
labels: {kuma.io/workload: web}
networking: {address: 127.0.0.3}
)";

class TokenTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output(); }

  // Starts a proxy with this token and expects it to be refused for good: it ends by itself, with an error that holds
  // `why`.
  void expect_refused(const std::string& token, const std::string& why) {
    mesh_.start_proxy("web-1", {.dataplane = std::string(kDataplane), .token = token, .wait_until_ready = false});
    Process& proxy = mesh_.process("web-1");
    const auto exit_code = proxy.wait();
    ASSERT_TRUE(exit_code.has_value()) << "still running:\n" << proxy.output();
    EXPECT_NE(*exit_code, 0) << proxy.output();
    EXPECT_LT(*exit_code, 128) << proxy.output();
    EXPECT_THAT(proxy.output(), HasSubstr(why));
    const std::string tail = token.size() > 20 ? token.substr(token.size() - 20) : token;
    if (!tail.empty()) {
      EXPECT_THAT(proxy.output() + mesh_.control_plane().output(), Not(HasSubstr(tail)));
    }
  }

  Mesh mesh_;
};

TEST_F(TokenTest, AGoodTokenLetsTheProxyIn) {
  EXPECT_TRUE(mesh_.start_proxy("web-1", {.dataplane = std::string(kDataplane), .token = mesh_.token("web-1", "web")}))
      << mesh_.process("web-1").output();
  EXPECT_THAT(mesh_.weftctl({"inspect", "dataplanes"}).out, HasSubstr("Online"));
}

TEST_F(TokenTest, ATokenOfAnotherDataplaneIsRefused) { expect_refused(mesh_.token("web-2", "web"), "web-2"); }

TEST_F(TokenTest, ATokenOfAnotherWorkloadIsRefused) { expect_refused(mesh_.token("web-1", "backend"), "backend"); }

TEST_F(TokenTest, AGarbledTokenIsRefused) {
  std::string token = mesh_.token("web-1", "web");
  const size_t at = token.rfind('.') + 20;
  token[at] = token[at] == 'A' ? 'B' : 'A';
  expect_refused(token, "token");
}

TEST_F(TokenTest, AMissingTokenIsRefusedWithTheCommandThatMakesOne) { expect_refused("", "generate dataplane-token"); }

TEST_F(TokenTest, AnExpiredTokenIsRefused) {
  // The key of the mesh, as an administrator may read it, signs a token whose time is over.
  // The control plane makes it when it has started.
  Result<Node> secret = Node{};
  ASSERT_TRUE(eventually([&] {
    secret = parse_json(mesh_.weftctl({"get", "secret", "dataplane-token-signing-key-default-1", "-o", "json"}).out);
    return secret.ok();
  }));
  ASSERT_NE(secret->find("data"), nullptr);
  const std::string encoded = mesh_.file("key.base64", secret->find("data")->text);
  const std::string key = mesh_.file("key.pem", "");
  ASSERT_EQ(run("/usr/bin/base64", {"-d", encoded}, mesh_.folder()).exit_code, 0);
  mesh_.file("key.pem", run("/usr/bin/base64", {"-d", encoded}, mesh_.folder()).out);
  const Finished token = mesh_.weftctl({"generate", "dataplane-token", "--name", "web-1", "--workload", "web",
                                        "--valid-for", "1ns", "--signing-key-path", key, "--kid", "1"});
  ASSERT_EQ(token.exit_code, 0) << token.err;
  expect_refused(token.out, "expired");
}

TEST_F(TokenTest, ATokenOfAStrangersKeyIsRefused) {
  const std::string key = mesh_.file("key.pem", mesh_.weftctl({"generate", "signing-key", "--format", "pem"}).out);
  const Finished token = mesh_.weftctl({"generate", "dataplane-token", "--name", "web-1", "--workload", "web",
                                        "--valid-for", "1h", "--signing-key-path", key, "--kid", "1"});
  expect_refused(token.out, "token");
}

TEST_F(TokenTest, AProxyThatDoesNotKnowTheCertificateAuthorityDoesNotConnect) {
  const std::string stranger = mesh_.folder() + "/other.crt";
  ASSERT_EQ(run("/usr/bin/openssl",
                {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout",
                 mesh_.folder() + "/other.key", "-out", stranger},
                mesh_.folder())
                .exit_code,
            0);
  mesh_.start_proxy("web-1", {.dataplane = std::string(kDataplane),
                              .token = mesh_.token("web-1", "web"),
                              .ca_file = stranger,
                              .wait_until_ready = false});
  Process& proxy = mesh_.process("web-1");
  EXPECT_TRUE(eventually([&] { return proxy.output().find("ertificate") != std::string::npos || !proxy.running(); }))
      << proxy.output();
  EXPECT_THAT(mesh_.weftctl({"get", "dataplanes"}).out, Not(HasSubstr("web-1")));
}

}  // namespace
}  // namespace weft::test
