// An authority that signs certificates of workloads. What it is made of is read once and kept: reading costs more than
// signing. Immutable, any thread, several at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "control-plane/identity/certificate_request.h"
#include "control-plane/identity/mesh_authority.h"

namespace weft::cp {

struct IssuedCertificate {
  std::vector<std::string> chain;  // DER, leaf first, without the root
  std::string serial;              // lower-case hexadecimal
  std::chrono::sys_seconds not_before, not_after;
};

class Issuer {
 public:
  // Tolerates peers whose clocks are behind.
  static constexpr std::chrono::seconds kBackdate{10};

  // An ECDSA, RSA or Ed25519 authority, with what stands between it and its root. Error: the texts are no such pair;
  // never quotes a key.
  static Result<std::shared_ptr<const Issuer>> read(const MeshAuthority& authority);
  ~Issuer();
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;

  // content_hash of its certificate: WorkloadIdentity.issuer.
  uint64_t hash() const;

  // A certificate for the key of `request` and the name it asks for: no subject, one URI. It ends with the authority at
  // the latest. Error: the authority has run out.
  Result<IssuedCertificate> issue(const CertificateRequest& request, std::chrono::seconds lifetime,
                                  std::chrono::sys_seconds now) const;

 private:
  struct Parts;
  explicit Issuer(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace weft::cp
