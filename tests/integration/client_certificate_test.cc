// weftctl's client against a REST port that lets in only whom a certificate vouches for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <chrono>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "control-plane/identity/ca.h"
#include "control-plane/source/http_server.h"
#include "tools/weftctl/client.h"

namespace weft::test {
namespace {

using testing::HasSubstr;

// A self-signed certificate and its key, as files.
struct SelfSigned {
  std::string certificate_file, key_file, pem;
};

SelfSigned make_self_signed(const std::string& folder, const std::string& name) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(text.get(), certificate.get());
  char* bytes = nullptr;
  const auto length = static_cast<size_t>(BIO_get_mem_data(text.get(), &bytes));
  SelfSigned pair{cat(folder, "/", name, ".crt"), cat(folder, "/", name, ".key"), std::string(bytes, length)};
  EXPECT_TRUE(write_file(pair.certificate_file, pair.pem).ok());
  const std::unique_ptr<BIO, int (*)(BIO*)> file(BIO_new_file(pair.key_file.c_str(), "w"), BIO_free);
  PEM_write_bio_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return pair;
}

class ClientCertificateTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "weft-client-cert-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    known_ = make_self_signed(folder_, "known");
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto made = cp::load_or_make_server_certificate({.folder = folder_, .hostname = "localhost"}, now);
    ASSERT_TRUE(made.ok()) << made.status();
    authority_file_ = made->authority_file;
    cp::HttpServerOptions options;
    options.tls = cp::HttpServerTls{.certificate_pem = made->certificate_pem,
                                    .key_pem = made->key_pem,
                                    .client_authority_pem = known_.pem,
                                    .require_client_certificate = true};
    auto server = cp::HttpServer::start(options, [](const cp::HttpRequest&, const cp::Respond& respond) {
      respond({200, "welcome", "text/plain", {}});
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  Result<std::string> ask(const std::string& certificate_file, const std::string& key_file) {
    const ctl::ControlPlane plane{.url = cat("https://localhost:", server_->port()),
                                  .ca_cert_file = authority_file_,
                                  .client_cert_file = certificate_file,
                                  .client_key_file = key_file,
                                  .auth_conf = {},
                                  .headers = {}};
    const auto answer = ctl::Client(plane, std::chrono::seconds(20)).get("/");
    if (!answer.ok()) return answer.status();
    return answer->body;
  }

  std::string folder_, authority_file_;
  SelfSigned known_;
  std::unique_ptr<cp::HttpServer> server_;
};

TEST_F(ClientCertificateTest, WhoShowsOneThatTheServerKnowsIsLetIn) {
  const auto answer = ask(known_.certificate_file, known_.key_file);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "welcome");
}

TEST_F(ClientCertificateTest, WhoShowsNoneOrAnotherIsNot) {
  EXPECT_FALSE(ask("", "").ok());
  const SelfSigned stranger = make_self_signed(folder_, "stranger");
  EXPECT_FALSE(ask(stranger.certificate_file, stranger.key_file).ok());
}

TEST_F(ClientCertificateTest, ACertificateWithoutItsOwnKeyIsAnErrorThatNamesTheFile) {
  const SelfSigned other = make_self_signed(folder_, "other");
  EXPECT_THAT(reason(ask(known_.certificate_file, other.key_file).status()),
              HasSubstr(cat("clientCertFile ", known_.certificate_file)));
}

}  // namespace
}  // namespace weft::test
