// An authority that answers certificate requests as a control plane does, or wrongly; and TLS material without TLS. For
// tests.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "proxy/tls/material.h"
#include "weft/v1/config_service.pb.h"

namespace weft::proxy {

class TestAuthority {
 public:
  struct Leaf {
    int64_t not_before = 0;
    int64_t lifetime = 3600;
    std::string names;  // "URI:spiffe://..."; empty: those of the request
    bool authority = false;
    bool another_key = false;  // not the one that asked
  };

  TestAuthority() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    fill(certificate_.get(), key_.get(),
         {.lifetime = int64_t{1} << 33, .names = "URI:spiffe://mesh", .authority = true});
  }

  std::string der() const { return der_of(certificate_.get()); }

  // What the control plane would answer, with the faults asked for.
  v1::CertificateAnswer answer(const v1::CertificateRequest& request, const Leaf& leaf) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(request.csr().data());
    const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> csr(
        d2i_X509_REQ(nullptr, &bytes, static_cast<long>(request.csr().size())), X509_REQ_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> other(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
    Leaf wanted = leaf;
    if (wanted.names.empty()) wanted.names = uri_of(csr.get());
    fill(made.get(), leaf.another_key ? other.get() : X509_REQ_get0_pubkey(csr.get()), wanted);
    v1::CertificateAnswer out;
    out.set_id(request.id());
    out.add_chain(der_of(made.get()));
    return out;
  }

 private:
  static std::string der_of(X509* certificate) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificate, &bytes);
    std::string out(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    OPENSSL_free(bytes);
    return out;
  }
  static std::string uri_of(X509_REQ* csr) {
    STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(csr);
    auto* names = static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
    int type = 0;
    const auto* text = static_cast<ASN1_IA5STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), &type));
    std::string out = cat("URI:", reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)));
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return out;
  }
  static void extend(X509* certificate, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  void fill(X509* certificate, EVP_PKEY* key, const Leaf& leaf) const {
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
    ASN1_TIME_set(X509_getm_notBefore(certificate), leaf.not_before);
    ASN1_TIME_set(X509_getm_notAfter(certificate), leaf.not_before + leaf.lifetime);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate_.get());
    if (certificate == certificate_.get())
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("mesh"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    extend(certificate, NID_basic_constraints, leaf.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(certificate, NID_subject_alt_name, leaf.names);
    X509_sign(certificate, key_.get(), EVP_sha256());
  }

  mutable long serial_ = 0;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

class FakeTlsMaterial final : public TlsMaterial {
 public:
  FakeTlsMaterial(std::shared_ptr<const WorkloadCertificate> certificate, std::vector<TrustBundle> trust)
      : bundles(std::move(trust)), certificate_(std::move(certificate)) {}
  const WorkloadCertificate& certificate() const override { return *certificate_; }
  uint64_t trust_version() const override { return 1 + bundles.size(); }

  const std::vector<TrustBundle> bundles;

 private:
  std::shared_ptr<const WorkloadCertificate> certificate_;
};

inline Result<std::shared_ptr<const TlsMaterial>> fake_material(std::shared_ptr<const WorkloadCertificate> certificate,
                                                                std::vector<TrustBundle> trust, const TlsRule&) {
  return std::make_shared<const FakeTlsMaterial>(std::move(certificate), std::move(trust));
}

}  // namespace weft::proxy
