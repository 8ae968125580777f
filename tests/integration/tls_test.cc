// weftctl and the REST port over TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/document/document.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/support/mesh.h"
#include "tools/weftctl/client.h"

namespace weft::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    const auto ports = parse_json(read_file(mesh_.folder() + "/cp/ports.json").value_or("{}"));
    const Node* port = ports.ok() ? ports->find("apiHttps") : nullptr;
    ASSERT_NE(port, nullptr);
    port_ = port->text;
  }

  Finished add(const std::string& name, const std::string& host, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"config", "control-planes", "add", "--name", name, "--address",
                                         cat("https://", host, ":", port_)});
    return mesh_.weftctl(arguments);
  }

  Mesh mesh_;
  std::string port_;
};

TEST_F(TlsTest, ACertificateThatTheGivenAuthoritySignedIsTrusted) {
  const Finished added = add("safe", "localhost", {"--ca-cert-file", mesh_.ca_file()});
  EXPECT_EQ(added.exit_code, 0) << added.err;
  EXPECT_THAT(mesh_.weftctl({"get", "meshes"}).out, HasSubstr("default"));
  // Several requests on one connection.
  const Finished applied = mesh_.apply("type: Secret\nname: a\ndata: YQ==\n---\ntype: Secret\nname: b\ndata: YQ==\n");
  EXPECT_EQ(applied.exit_code, 0) << applied.err;
}

TEST_F(TlsTest, ACertificateThatNobodyVouchesForIsRefused) {
  const Finished added = add("unsafe", "localhost", {});
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_THAT(added.err, HasSubstr("could not connect to the Control Plane API Server"));
  EXPECT_THAT(added.err, HasSubstr("TLS handshake: certificate verify failed"));
  EXPECT_THAT(mesh_.weftctl({"config", "control-planes", "list"}).out, Not(HasSubstr("unsafe")));
}

TEST_F(TlsTest, AnAuthorityIsPinnedByItsFingerprintAndAnotherOneIsRefusedLater) {
  // As the control plane printed it.
  const std::string log = mesh_.control_plane().output();
  const size_t at = log.find("fingerprint=SHA256:");
  ASSERT_NE(at, std::string::npos) << log;
  const std::string print = log.substr(at + 12, 6 + 32 * 3);
  EXPECT_THAT(add("mine", "localhost", {}).err, HasSubstr(print));
  std::string wrong = print;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_THAT(add("mine", "localhost", {"--ca-fingerprint", wrong}).err, HasSubstr("--ca-fingerprint"));
  const Finished added = add("mine", "localhost", {"--ca-fingerprint", print});
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_THAT(mesh_.weftctl({"get", "meshes"}).out, HasSubstr("default"));

  // The same pin, another control plane behind the address.
  ASSERT_TRUE(write_file(mesh_.folder() + "/other.pem", read_file(mesh_.ca_file()).value()).ok());
  Mesh other;
  ASSERT_TRUE(other.start_control_plane());
  const Node ports = parse_json(read_file(other.folder() + "/cp/ports.json").value()).value();
  const Finished changed = mesh_.weftctl({"config", "control-planes", "add", "--name", "moved", "--ca-cert-file",
                                          mesh_.folder() + "/other.pem", "--address",
                                          cat("https://localhost:", ports.find("apiHttps")->text)});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.err, HasSubstr("it shows another authority than the one in"));
}

TEST_F(TlsTest, ACertificateForAnotherNameIsRefused) {
  // The address is the same host, but not one that the certificate names.
  const Finished added = add("other", "127.0.0.9", {"--ca-cert-file", mesh_.ca_file()});
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_THAT(added.err, HasSubstr("could not connect to the Control Plane API Server"));
}

TEST_F(TlsTest, VerificationIsLeftOutOnlyWhenAsked) {
  EXPECT_EQ(add("careless", "localhost", {"--skip-verify"}).exit_code, 0);
  EXPECT_EQ(mesh_.weftctl({"get", "meshes"}).exit_code, 0);
}

TEST_F(TlsTest, ATokenGoesWithEveryRequestAndIsNeverShown) {
  const std::string token = "eyJhbGciOiJub25lIn0.e30.";
  const Finished added =
      add("user", "localhost",
          {"--ca-cert-file", mesh_.ca_file(), "--auth-type", "tokens", "--auth-conf", "token=" + token});
  EXPECT_EQ(added.exit_code, 0) << added.err;  // the first page of the API asks for no token
  const Finished refused = mesh_.weftctl({"get", "meshes"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("Invalid authentication data"));
  EXPECT_THAT(added.out + added.err + refused.out + refused.err, Not(HasSubstr(token)));
  EXPECT_THAT(mesh_.weftctl({"config", "view"}).out, Not(HasSubstr(token)));
  EXPECT_THAT(mesh_.weftctl({"get", "meshes", "--log-level", "debug"}).err, Not(HasSubstr(token)));
}

TEST_F(TlsTest, TheNextPageOfAListIsAnAddressOverTls) {
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: second\n").exit_code, 0);
  const ctl::ControlPlane plane{
      .url = cat("https://localhost:", port_), .ca_cert_file = mesh_.ca_file(), .auth_conf = {}, .headers = {}};
  const auto page = ctl::Client(plane, std::chrono::seconds(20)).get("/meshes?size=1");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->body, HasSubstr(cat("\"next\": \"https://localhost:", port_, "/meshes?offset=1&size=1\"")));
}

}  // namespace
}  // namespace weft::test
