// ECDSA P-256 keys and the two shapes of certificate the control plane makes. Included by this folder's .cc files
// alone.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/identity/openssl.h"

namespace weft::cp {

struct CertificatePlan {
  std::string common_name;
  // Empty: none.
  std::string organization;
  std::string unit;
  bool authority = false;
  // "DNS:localhost,IP:127.0.0.1"; empty: none.
  std::string alternative_names;
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
};

Result<KeyPtr> make_ec_key();
// Signed by `issuer_key`; a null `issuer` means self-signed.
Result<CertificatePtr> make_certificate(const CertificatePlan& plan, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key);

// 128 bits, the first of them 0.
bool set_random_serial(X509* certificate);

std::string to_pem(X509* certificate);
// Empty when it was never made.
std::string to_der(X509* certificate);
Result<std::string> to_pem(EVP_PKEY* key);
Result<CertificatePtr> certificate_from_pem(std::string_view pem);
// All certificates of a PEM text, up to the first that cannot be read.
std::vector<CertificatePtr> certificates_from_pem(std::string_view pem);
Result<KeyPtr> key_from_pem(std::string_view pem);

std::chrono::sys_seconds end_of(const X509* certificate);
bool names_host(X509* certificate, const std::string& host);

}  // namespace weft::cp
