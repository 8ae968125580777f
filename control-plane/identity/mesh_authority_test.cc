#include "control-plane/identity/mesh_authority.h"

#include <openssl/x509v3.h>

#include <gtest/gtest.h>

#include "control-plane/identity/x509.h"

namespace weft::cp {
namespace {

const std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

TEST(MeshAuthority, AMadeOneIsSelfSignedNamedByItsDomainAndGoodForTenYears) {
  const MeshAuthority made = make_mesh_authority("default.east.mesh.local", kNow).value();
  const CertificatePtr certificate = certificate_from_pem(made.certificate_pem).value();
  char subject[256] = {};
  X509_NAME_oneline(X509_get_subject_name(certificate.get()), subject, sizeof subject);
  EXPECT_STREQ(subject, "/O=Kuma/OU=Mesh/CN=default.east.mesh.local");
  EXPECT_EQ(X509_check_ca(certificate.get()), 1);
  EXPECT_EQ(X509_get_key_usage(certificate.get()), uint32_t{KU_KEY_CERT_SIGN | KU_CRL_SIGN});
  EXPECT_EQ(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate.get())), EVP_PKEY_EC);
  EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(certificate.get())), 256);
  EXPECT_EQ(end_of(certificate.get()), kNow + std::chrono::hours(24 * 3650));
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  ASSERT_NE(names, nullptr);
  ASSERT_EQ(sk_GENERAL_NAME_num(names), 1);
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, 0);
  ASSERT_EQ(name->type, GEN_URI);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier))),
            "spiffe://default.east.mesh.local");
  GENERAL_NAMES_free(names);
  EXPECT_TRUE(check_mesh_authority(made, true, kNow).ok());
}

TEST(MeshAuthority, ADomainLongerThanASubjectsNameUsuallyMayBeIsFine) {
  const std::string domain(200, 'a');
  EXPECT_TRUE(make_mesh_authority(domain, kNow).ok());
}

TEST(MeshAuthority, WhatIsNoAuthorityIsRefused) {
  const MeshAuthority good = make_mesh_authority("a", kNow).value();
  const MeshAuthority other = make_mesh_authority("a", kNow).value();
  const auto why = [](const MeshAuthority& authority, bool self_signed = true, std::chrono::hours later = {}) {
    return reason(check_mesh_authority(authority, self_signed, kNow + later));
  };
  EXPECT_EQ(why(good, false), "self-signed certificates are not allowed");
  EXPECT_EQ(why({good.certificate_pem, other.key_pem}), "the certificate and the key do not belong together");
  EXPECT_EQ(why({"", good.key_pem}), "the certificate is not in PEM form");
  EXPECT_EQ(why({good.certificate_pem, "x"}), "not an unencrypted private key in PEM form");
  EXPECT_EQ(why(good, true, std::chrono::hours(24 * 3651)), "the certificate has expired");
  KeyPtr key = make_ec_key().value();
  const CertificatePtr leaf =
      make_certificate({.common_name = "x", .not_before = kNow, .not_after = kNow + std::chrono::hours(1)}, key.get(),
                       nullptr, key.get())
          .value();
  EXPECT_EQ(why({to_pem(leaf.get()), to_pem(key.get()).value()}), "the certificate is not an authority's (CA:TRUE)");
}

TEST(MeshAuthority, ABundleHoldsACertificateHoweverItIsWritten) {
  const std::string a = make_mesh_authority("a", kNow).value().certificate_pem;
  const std::string b = make_mesh_authority("a", kNow).value().certificate_pem;
  EXPECT_TRUE(holds_certificate(b + "\n# a comment\n" + a, a));
  EXPECT_FALSE(holds_certificate(b, a));
  EXPECT_FALSE(holds_certificate("", a));
  EXPECT_FALSE(holds_certificate(a, "nonsense"));
}

}  // namespace
}  // namespace weft::cp
