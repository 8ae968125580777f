// Everything TLS needs that does not belong to one connection: contexts for both sides with this proxy's certificate,
// the roots of each trust domain, and what is remembered of peers (verified chains, sessions). Part of a snapshot:
// immutable to its users, shared by all workers. What is remembered is shared by materials with the same trust and
// forgotten with it, so nothing is resumed past a change of trust.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "policies/plan.h"
#include "proxy/tls/certificate.h"

namespace weft::proxy {

class TlsMaterial {
 public:
  virtual ~TlsMaterial() = default;
  virtual const WorkloadCertificate& certificate() const = 0;
  // Never 0; equal for materials that believe the same authorities.
  virtual uint64_t trust_version() const = 0;

 protected:
  TlsMaterial() = default;
  TlsMaterial(const TlsMaterial&) = delete;
  TlsMaterial& operator=(const TlsMaterial&) = delete;
};

// Checks that key and chain are a pair and that every authority is one. `own_connections`: versions and ciphers for
// connections this proxy opens.
Result<std::shared_ptr<const TlsMaterial>> make_tls_material(std::shared_ptr<const WorkloadCertificate> certificate,
                                                             std::vector<TrustBundle> trust,
                                                             const TlsRule& own_connections);

}  // namespace weft::proxy
