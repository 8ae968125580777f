// A small certificate authority that makes whatever a test wants to see refused. For tests.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <atomic>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/tls/material.h"
#include "proxy/tls/openssl.h"
#include "proxy/tls/private_key.h"

namespace weft::proxy::test {

using KeyPtr = std::shared_ptr<EVP_PKEY>;

inline KeyPtr owned(EVP_PKEY* key) {
  if (key == nullptr) std::abort();
  return {key, EVP_PKEY_free};
}
inline KeyPtr ec_key() { return owned(EVP_EC_gen("P-256")); }
inline KeyPtr rsa_key(unsigned bits) { return owned(EVP_RSA_gen(bits)); }
inline KeyPtr key_of(const PrivateKey& key) {
  EVP_PKEY_up_ref(key.native());
  return owned(key.native());
}

inline std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) std::abort();
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

struct CertificatePlan {
  std::string names = "URI:spiffe://td/web";  // as OpenSSL's configuration writes subjectAltName; empty: none
  std::string constraints = "critical,CA:FALSE";
  std::string usage = "critical,digitalSignature";  // empty: none
  std::string extended_usage;
  std::string name_constraints;
  std::string padding;   // a comment of any size
  int64_t begins = -60;  // seconds from now
  int64_t ends = 3600;
  std::string subject = "leaf";
};

inline CertificatePlan authority_plan(std::string subject = "root") {
  CertificatePlan plan;
  plan.names.clear();
  plan.constraints = "critical,CA:TRUE";
  plan.usage = "critical,keyCertSign,cRLSign";
  plan.subject = std::move(subject);
  return plan;
}

class TestAuthority {
 public:
  explicit TestAuthority(const CertificatePlan& plan = authority_plan(), KeyPtr key = ec_key()) : key_(std::move(key)) {
    certificate_ = make(plan, key_, nullptr, key_);
  }
  // One that `issuer` signed.
  TestAuthority(const TestAuthority& issuer, const CertificatePlan& plan) : key_(ec_key()) {
    certificate_ = issuer.issue(plan, key_);
  }
  TestAuthority(TestAuthority&&) = default;

  CertificatePtr issue(const CertificatePlan& plan, const KeyPtr& subject) const {
    return make(plan, subject, certificate_.get(), key_);
  }
  std::string der() const { return der_of(certificate_.get()); }
  X509* certificate() const { return certificate_.get(); }

 private:
  static void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    if (value.empty()) return;
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) std::abort();
    X509_EXTENSION_free(extension);
  }

  static CertificatePtr make(const CertificatePlan& plan, const KeyPtr& subject, X509* issuer, const KeyPtr& signer) {
    static std::atomic<long> serial = 1000;
    CertificatePtr made(X509_new());
    X509* const x509 = made.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), plan.begins);
    X509_gmtime_adj(X509_getm_notAfter(x509), plan.ends);
    X509_NAME* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(plan.subject.c_str()),
                               -1, -1, 0);
    X509_set_issuer_name(x509, issuer == nullptr ? name : X509_get_subject_name(issuer));
    X509_set_pubkey(x509, subject.get());
    X509* const above = issuer == nullptr ? x509 : issuer;
    extend(x509, above, NID_basic_constraints, plan.constraints);
    extend(x509, above, NID_key_usage, plan.usage);
    extend(x509, above, NID_ext_key_usage, plan.extended_usage);
    extend(x509, above, NID_name_constraints, plan.name_constraints);
    extend(x509, above, NID_subject_alt_name, plan.names);
    extend(x509, above, NID_netscape_comment, plan.padding);
    if (X509_sign(x509, signer.get(), EVP_sha256()) == 0) std::abort();
    return made;
  }

  KeyPtr key_;
  CertificatePtr certificate_;
};

inline CertificatePlan workload(std::string spiffe_id) {
  CertificatePlan plan;
  plan.names = "URI:" + std::move(spiffe_id);
  return plan;
}

// A certificate for `plan` from `issuer`, with a key of its own.
inline std::shared_ptr<WorkloadCertificate> workload_certificate(const TestAuthority& issuer,
                                                                 const CertificatePlan& plan) {
  auto key = PrivateKey::make_p256();
  if (!key.ok()) std::abort();
  auto out = std::make_shared<WorkloadCertificate>();
  out->spiffe_id = plan.names.substr(4);
  out->chain = {der_of(issuer.issue(plan, key_of(**key)).get())};
  out->key = *key;
  out->not_before = std::time(nullptr) + plan.begins;
  out->not_after = std::time(nullptr) + plan.ends;
  return out;
}

inline TrustBundle bundle(std::string domain, const std::vector<const TestAuthority*>& authorities) {
  TrustBundle made;
  made.trust_domain = std::move(domain);
  for (const TestAuthority* const authority : authorities) made.authorities.push_back(authority->der());
  return made;
}

inline std::shared_ptr<const TlsMaterial> material_of(std::shared_ptr<const WorkloadCertificate> certificate,
                                                      std::vector<TrustBundle> trust, const TlsRule& rule = {}) {
  auto made = make_tls_material(std::move(certificate), std::move(trust), rule);
  if (!made.ok()) std::abort();
  return *made;
}

// Of a workload of trust domain "td" whose only authority is `authority`.
inline std::shared_ptr<const TlsMaterial> member(const TestAuthority& authority, std::string spiffe_id) {
  return material_of(workload_certificate(authority, workload(std::move(spiffe_id))), {bundle("td", {&authority})});
}

inline std::shared_ptr<const PeerNames> named(std::vector<std::string> ids, std::string server_name = "sni.web") {
  return std::make_shared<PeerNames>(PeerNames{std::move(server_name), std::move(ids)});
}

}  // namespace weft::proxy::test
