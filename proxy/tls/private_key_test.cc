#include "proxy/tls/private_key.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr const char* kId = "spiffe://default.east.mesh.local/workload/backend";

struct ReadRequest {
  explicit ReadRequest(const std::string& der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    request = d2i_X509_REQ(nullptr, &bytes, static_cast<long>(der.size()));
  }
  ~ReadRequest() { X509_REQ_free(request); }
  X509_REQ* request = nullptr;
};

std::vector<std::string> uris(X509_REQ* request) {
  std::vector<std::string> found;
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
  auto* names = static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    int type = 0;
    const auto* text = static_cast<ASN1_IA5STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
    EXPECT_EQ(type, GEN_URI);
    found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), ASN1_STRING_length(text));
  }
  GENERAL_NAMES_free(names);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return found;
}

TEST(PrivateKeyTest, RequestNamesTheIdAloneAndIsSignedByItsKey) {
  const auto key = PrivateKey::make_p256();
  ASSERT_TRUE(key.ok());
  const auto der = (*key)->csr_der(kId);
  ASSERT_TRUE(der.ok()) << reason(der.status());
  const ReadRequest read(*der);
  ASSERT_NE(read.request, nullptr);
  EXPECT_EQ(uris(read.request), std::vector<std::string>{kId});
  EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(read.request)), 0);
  EXPECT_EQ(X509_REQ_verify(read.request, (*key)->native()), 1);
  char group[32];
  size_t length = 0;
  ASSERT_EQ(EVP_PKEY_get_group_name(X509_REQ_get0_pubkey(read.request), group, sizeof group, &length), 1);
  EXPECT_STREQ(group, "prime256v1");
}

TEST(PrivateKeyTest, EveryKeyIsAnother) {
  const auto one = PrivateKey::make_p256();
  const auto other = PrivateKey::make_p256();
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(EVP_PKEY_eq((*one)->native(), (*other)->native()), 1);
}

TEST(PrivateKeyTest, WhatIsNoSpiffeIdIsNotAskedFor) {
  const auto key = PrivateKey::make_p256();
  ASSERT_TRUE(key.ok());
  for (const char* id : {"", "backend", "https://a/b", "spiffe://a", "spiffe://a/b,DNS:evil", "spiffe://A/b"}) {
    EXPECT_FALSE((*key)->csr_der(id).ok()) << id;
  }
}

}  // namespace
}  // namespace weft::proxy
