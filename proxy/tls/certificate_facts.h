// What one X.509 certificate says, for checks and for people: whom it names, for how long, who it is by number. Nothing
// here decides whether a certificate is believed. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proxy/tls/private_key.h"

namespace weft::proxy {

// More than any certificate of a workload or of an authority needs.
inline constexpr size_t kMaxCertificateBytes = 64 * 1024;

struct CertificateFacts {
  std::vector<std::string> uris;  // of subjectAltName
  bool other_names = false;       // subjectAltName has names of other types
  bool authority = false;         // may sign others
  std::string serial;             // lower-case hexadecimal
  std::string fingerprint;        // SHA-256 of the DER, lower-case hexadecimal
  int64_t not_before = 0;         // seconds since 1970
  int64_t not_after = 0;
};

// Error: the bytes are not exactly one certificate.
Result<CertificateFacts> read_certificate(std::string_view der);

// The certificate is for this key.
bool is_pair(std::string_view certificate_der, const PrivateKey& key);

}  // namespace weft::proxy
