#include "tools/weftctl/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace weft::ctl {
namespace {

using testing::HasSubstr;
using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

BioPtr bio_of(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all};
}

struct Read {
  X509Ptr certificate;
  KeyPtr key;
};

Read make(const CertificateRequest& request) {
  const auto pair = make_certificate(request);
  EXPECT_TRUE(pair.ok()) << pair.status();
  return {X509Ptr(PEM_read_bio_X509(bio_of(pair->certificate).get(), nullptr, nullptr, nullptr), X509_free),
          KeyPtr(PEM_read_bio_PrivateKey(bio_of(pair->key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free)};
}

TEST(CertificateTest, IsSignedWithItsOwnKeyAndGoodForItsNames) {
  for (const bool ecdsa : {false, true}) {
    const Read read = make({true, ecdsa, {"cp.example.org", "10.0.0.1"}});
    ASSERT_NE(read.certificate, nullptr);
    X509* x509 = read.certificate.get();
    EXPECT_EQ(X509_check_private_key(x509, read.key.get()), 1);
    EXPECT_EQ(X509_verify(x509, read.key.get()), 1);
    EXPECT_EQ(X509_check_host(x509, "cp.example.org", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_ip_asc(x509, "10.0.0.1", 0), 1);
    EXPECT_EQ(X509_check_host(x509, "other.example.org", 0, 0, nullptr), 0);
    EXPECT_EQ(EVP_PKEY_get_base_id(read.key.get()), ecdsa ? EVP_PKEY_EC : EVP_PKEY_RSA);
    EXPECT_EQ(X509_cmp_current_time(X509_get0_notBefore(x509)), -1);
    EXPECT_EQ(X509_cmp_current_time(X509_get0_notAfter(x509)), 1);
  }
}

TEST(CertificateTest, AClientsIsNoServers) {
  const Read read = make({false, true, {}});
  EXPECT_NE(X509_get_extended_key_usage(read.certificate.get()) & XKU_SSL_CLIENT, 0u);
  EXPECT_EQ(X509_get_extended_key_usage(read.certificate.get()) & XKU_SSL_SERVER, 0u);
}

TEST(CertificateTest, ANameThatIsNoneIsRefused) {
  for (const char* name : {"", "a b", "a,DNS:b", "x\ny"}) {
    EXPECT_THAT(std::string(make_certificate({true, true, {name}}).status().message()), HasSubstr("is no host name"))
        << name;
  }
}

}  // namespace
}  // namespace weft::ctl
