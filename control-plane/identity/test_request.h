// For tests: certificate requests of every kind, right and wrong, and authorities of other kinds than the control plane
// makes. Includes OpenSSL.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "control-plane/identity/x509.h"

namespace weft::cp::testing {

struct RequestPlan {
  // "P-256", "P-384", "RSA", "ED25519".
  std::string key = "P-256";
  // "URI:spiffe://d/a,DNS:x"; each becomes an extension subjectAltName of its own.
  std::vector<std::string> names = {"URI:spiffe://d/web"};
  std::string subject;  // a CN
  bool wrong_signature = false;
  bool explicit_curve = false;
  std::string other_extension;  // a value of extendedKeyUsage
};

inline KeyPtr make_key(const std::string& kind) {
  if (kind == "RSA") return KeyPtr(EVP_RSA_gen(2048));
  if (kind == "ED25519") return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return KeyPtr(EVP_EC_gen(kind.c_str()));
}
inline const EVP_MD* digest_of(EVP_PKEY* key) { return EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256(); }

template <auto kWrite, typename T>
std::string der_of(T* object) {
  unsigned char* der = nullptr;
  const int size = kWrite(object, &der);
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

inline CertificatePtr from_der(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return CertificatePtr(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

// PKCS #10, DER.
inline std::string make_request(const RequestPlan& plan) {
  const KeyPtr key = make_key(plan.key);
  if (plan.explicit_curve) EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit");
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_version(request, 0);
  X509_REQ_set_pubkey(request, key.get());
  if (!plan.subject.empty()) {
    X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(plan.subject.data()), -1, -1, 0);
  }
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  for (const std::string& names : plan.names) {
    sk_X509_EXTENSION_push(extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
  }
  if (!plan.other_extension.empty()) {
    sk_X509_EXTENSION_push(extensions,
                           X509V3_EXT_conf_nid(nullptr, nullptr, NID_ext_key_usage, plan.other_extension.c_str()));
  }
  if (sk_X509_EXTENSION_num(extensions) > 0) X509_REQ_add_extensions(request, extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  const KeyPtr other = make_key(plan.key);
  EVP_PKEY* signer = plan.wrong_signature ? other.get() : key.get();
  X509_REQ_sign(request, signer, digest_of(signer));
  std::string der = der_of<i2d_X509_REQ>(request);
  X509_REQ_free(request);
  return der;
}

inline std::string make_request_for(const std::string& spiffe_id) {
  return make_request({.names = {"URI:" + spiffe_id}});
}

struct TestAuthority {
  std::string certificate_pem;
  std::string key_pem;
};
// An authority of another kind than the control plane makes, as PEM: {certificate, key}. `under`: signed by that one
// and followed by its certificates; empty: self-signed.
inline TestAuthority make_test_authority(const std::string& kind, const TestAuthority& under = {}, long days = 3650) {
  const KeyPtr key = make_key(kind);
  const CertificatePtr certificate(X509_new());
  X509* x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  set_random_serial(x509);
  X509_gmtime_adj(X509_getm_notBefore(x509), -100'000);
  X509_time_adj_ex(X509_getm_notAfter(x509), static_cast<int>(days), 0, nullptr);
  const std::string name = "authority " + kind;
  X509_NAME_add_entry_by_NID(X509_get_subject_name(x509), NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()), -1, -1, 0);
  CertificatePtr parent;
  KeyPtr parent_key;
  if (!under.key_pem.empty()) {
    parent = certificate_from_pem(under.certificate_pem).value();
    parent_key = key_from_pem(under.key_pem).value();
  }
  X509_set_issuer_name(x509, X509_get_subject_name(parent == nullptr ? x509 : parent.get()));
  X509_set_pubkey(x509, key.get());
  for (const auto& [nid, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE"},
                                   std::pair{NID_key_usage, "critical,keyCertSign,cRLSign"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
  EVP_PKEY* signer = parent_key == nullptr ? key.get() : parent_key.get();
  X509_sign(x509, signer, digest_of(signer));
  return {to_pem(x509) + under.certificate_pem, to_pem(key.get()).value()};
}

// What a leaf says.
inline std::string describe(const std::string& leaf_der) {
  const CertificatePtr leaf = from_der(leaf_der);
  if (leaf == nullptr) return "unreadable";
  int critical = -1;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf.get(), NID_subject_alt_name, &critical, nullptr));
  std::string uris;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    append(uris, name->type == GEN_URI ? "uri " : "other ",
           reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier)));
  }
  GENERAL_NAMES_free(names);
  const uint32_t usage = X509_get_key_usage(leaf.get()), extended = X509_get_extended_key_usage(leaf.get());
  return cat(uris, critical == 1 ? " (critical)" : "",
             " subject:", X509_NAME_entry_count(X509_get_subject_name(leaf.get())),
             " authority:", X509_check_ca(leaf.get()) != 0,
             " usage:", usage == (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT),
             " server+client:", extended == (XKU_SSL_SERVER | XKU_SSL_CLIENT),
             " key ids:", X509_get0_subject_key_id(leaf.get()) != nullptr,
             " serial bits:", ASN1_STRING_length(X509_get0_serialNumber(leaf.get())) > 8);
}

// Whether the last certificate of `root_pem` vouches for the chain now.
inline bool verifies(const std::vector<std::string>& chain, const std::string& root_pem) {
  X509_STORE* store = X509_STORE_new();
  const std::vector<CertificatePtr> roots = certificates_from_pem(root_pem);
  X509_STORE_add_cert(store, roots.back().get());
  std::vector<CertificatePtr> sent;
  STACK_OF(X509)* between = sk_X509_new_null();
  for (const std::string& der : chain) {
    sent.push_back(from_der(der));
    if (sent.size() > 1) sk_X509_push(between, sent.back().get());
  }
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, sent.front().get(), between);
  const bool good = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  sk_X509_free(between);
  X509_STORE_free(store);
  ERR_clear_error();
  return good;
}

}  // namespace weft::cp::testing
