#include "control-plane/identity/ca.h"

#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.h"
#include "control-plane/identity/x509.h"

namespace weft::cp {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

class CaTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weft-ca-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    options_.folder = name;
    options_.hostname = "box.example";
  }
  void TearDown() override { std::filesystem::remove_all(options_.folder); }
  unsigned mode(const std::string& name) {
    struct stat found {};
    return ::stat((options_.folder + "/" + name).c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
  }
  std::string file(const std::string& name) { return read_file(options_.folder + "/" + name).value_or(""); }
  ServerCertificateOptions options_;
};

TEST_F(CaTest, MakesAnAuthorityAndACertificateForThisHost) {
  const auto made = load_or_make_server_certificate(options_, kNow);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(mode("ca.key"), 0600u);
  EXPECT_EQ(mode("cp.key"), 0600u);
  EXPECT_EQ(mode("ca.crt"), 0644u);
  EXPECT_EQ(mode("cp.crt"), 0644u);
  EXPECT_EQ(made->authority_file, options_.folder + "/ca.crt");
  const auto leaf = certificate_from_pem(made->certificate_pem).value();
  const auto authority = certificate_from_pem(file("ca.crt")).value();
  EXPECT_EQ(X509_verify(leaf.get(), X509_get0_pubkey(authority.get())), 1);
  for (const char* host : {"localhost", "127.0.0.1", "::1", "box.example"})
    EXPECT_TRUE(names_host(leaf.get(), host)) << host;
  EXPECT_FALSE(names_host(leaf.get(), "elsewhere.example"));
  EXPECT_EQ(X509_check_ca(authority.get()), 1);
  EXPECT_EQ(X509_check_ca(leaf.get()), 0);
}

TEST_F(CaTest, ReusesWhatIsThere) {
  const auto first = load_or_make_server_certificate(options_, kNow).value();
  const auto second = load_or_make_server_certificate(options_, kNow + std::chrono::hours(24)).value();
  EXPECT_EQ(first.certificate_pem, second.certificate_pem);
  EXPECT_EQ(first.key_pem, second.key_pem);
}

TEST_F(CaTest, RenewsNearTheEndUnderTheSameAuthority) {
  const auto first = load_or_make_server_certificate(options_, kNow).value();
  const std::string authority = file("ca.crt");
  const auto later = load_or_make_server_certificate(options_, kNow + std::chrono::days(700)).value();
  EXPECT_NE(first.certificate_pem, later.certificate_pem);
  EXPECT_EQ(authority, file("ca.crt"));
}

TEST_F(CaTest, ANewHostNameOrABrokenFileLeadsToANewCertificate) {
  const auto first = load_or_make_server_certificate(options_, kNow).value();
  options_.hostname = "moved.example";
  const auto moved = load_or_make_server_certificate(options_, kNow).value();
  EXPECT_NE(first.certificate_pem, moved.certificate_pem);
  ASSERT_TRUE(write_file(options_.folder + "/cp.crt", "rubbish").ok());
  EXPECT_TRUE(load_or_make_server_certificate(options_, kNow).ok());
}

TEST_F(CaTest, AnAuthorityWithoutItsKeyIsAnErrorThatSaysWhatToDo) {
  ASSERT_TRUE(load_or_make_server_certificate(options_, kNow).ok());
  std::filesystem::remove(options_.folder + "/ca.key");
  EXPECT_TRUE(load_or_make_server_certificate(options_, kNow).ok());  // not needed yet
  const auto renewed = load_or_make_server_certificate(options_, kNow + std::chrono::days(700));
  EXPECT_NE(reason(renewed.status()).find("ca.key"), std::string::npos) << renewed.status();
  EXPECT_NE(reason(renewed.status()).find("restore it"), std::string::npos);
}

TEST_F(CaTest, AnOperatorsCertificateIsUsedAndChecked) {
  const auto made = load_or_make_server_certificate(options_, kNow).value();
  const std::string folder = options_.folder;
  ServerCertificateOptions supplied{.certificate_file = folder + "/cp.crt", .key_file = folder + "/cp.key"};
  const auto used = load_or_make_server_certificate(supplied, kNow);
  ASSERT_TRUE(used.ok()) << used.status();
  EXPECT_EQ(used->certificate_pem, made.certificate_pem);
  EXPECT_EQ(used->authority_file, "");
  EXPECT_NE(reason(load_or_make_server_certificate(supplied, kNow + std::chrono::days(800)).status()).find("expired"),
            std::string::npos);
  supplied.key_file = folder + "/ca.key";
  EXPECT_NE(reason(load_or_make_server_certificate(supplied, kNow).status()).find("do not belong together"),
            std::string::npos);
  supplied.key_file = folder + "/missing.key";
  EXPECT_NE(reason(load_or_make_server_certificate(supplied, kNow).status()).find("missing.key"), std::string::npos);
  supplied.key_file.clear();
  EXPECT_FALSE(load_or_make_server_certificate(supplied, kNow).ok());
}

}  // namespace
}  // namespace weft::cp
