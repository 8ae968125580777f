// A self-signed certificate with its key, for the ports of a control plane or for its clients. Pure but for randomness
// and the clock.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace weft::ctl {

struct CertificateRequest {
  bool server = true;              // false: for a client
  bool ecdsa = false;              // P-256; false: RSA, 2048 bits
  std::vector<std::string> names;  // host names and addresses
};

struct CertificatePair {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// Error: a name is none, or the library failed.
Result<CertificatePair> make_certificate(const CertificateRequest& request);

// "SHA256:AB:CD:...", the fingerprint of the first certificate of a PEM text; empty when there is none.
std::string fingerprint(const std::string& pem);
// Who it says it is: "CN = Weft control plane authority".
std::string subject(const std::string& pem);

}  // namespace weft::ctl
