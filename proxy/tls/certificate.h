// Who this proxy is and whom it believes, as values: what the control plane's answers and items come to. Made on the
// control thread, immutable afterwards, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weft::proxy {

class PrivateKey;  // proxy/tls/private_key.h

// What the proxy shows, and the key that goes with it.
struct WorkloadCertificate {
  std::string spiffe_id;
  std::vector<std::string> chain;  // DER, leaf first
  std::shared_ptr<const PrivateKey> key;
  std::string serial;      // lower-case hexadecimal
  uint64_t issuer = 0;     // content_hash of the signing authority's certificate
  int64_t not_before = 0;  // seconds since 1970
  int64_t not_after = 0;
  // Added to boot_seconds() it is the time by which certificates are judged: that of whoever signed, not that of this
  // machine's calendar, which may be wrong and may jump. 0: the calendar's.
  int64_t clock_origin = 0;
};

// Who may vouch for the members of one trust domain, and of no other.
struct TrustBundle {
  std::string trust_domain;
  std::vector<std::string> authorities;  // DER
};

// Who answers behind the endpoints of a set.
struct PeerNames {
  std::string server_name;              // sent as SNI
  std::vector<std::string> spiffe_ids;  // sorted; the peer is exactly one of them, so with none it is refused
  bool operator==(const PeerNames&) const = default;
};

}  // namespace weft::proxy
