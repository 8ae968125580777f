// Who may vouch for whom: the roots of each trust domain, and the judgement whether a certificate chain makes its
// holder a member of one (SPIFFE X.509-SVID by the letter, and bounds on everything a stranger may send). Chains that
// were found good are remembered, because checking signatures is most of what it costs. Immutable to its users; any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "proxy/tls/certificate.h"
#include "proxy/tls/failure.h"
#include "proxy/tls/generations.h"

struct x509_st;
struct x509_store_st;
struct stack_st_X509;

namespace weft::proxy {

// What is known of a peer: who it is, and between which seconds since 1970 its whole chain says so.
struct PeerIdentity {
  std::string spiffe_id;
  int64_t begins = 0;
  int64_t expires = 0;
  // Decoded once for all connections of this peer: that is 6 KB each.
  std::shared_ptr<x509_st> certificate;
  bool holds_at(int64_t now) const { return begins <= now && now < expires; }
};

enum class TlsSide : uint8_t { kServer, kClient };

// Chains a stranger may send.
inline constexpr int kMaxChain = 6;  // certificates, the leaf included
inline constexpr int kMaxCertificate = 16 * 1024;
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 4096;

class Trust {
 public:
  // The first authority that is no certificate of an authority is named in the error. No bundle for a domain, or an
  // empty one: none of its members is believed.
  static Result<std::shared_ptr<const Trust>> make(const std::vector<TrustBundle>& bundles);
  ~Trust();

  // Never 0; a hash of domains and authorities.
  uint64_t version() const { return version_; }

  struct Verdict {
    TlsFailure failure = TlsFailure::kNone;
    int error = 0;                                 // X509_V_ERR_*, for the alert
    std::string_view detail;                       // static text
    std::shared_ptr<const PeerIdentity> identity;  // null on failure
  };
  // `peer`: the side that shows `leaf`. `others`: what it sent beside it, in any order; may be null.
  Verdict verify(x509_st* leaf, stack_st_X509* others, TlsSide peer, int64_t now) const;

 private:
  using Fingerprint = std::array<unsigned char, 32>;
  Trust() = default;
  Status add(const TrustBundle& bundle);
  Verdict verify_anew(x509_st* leaf, stack_st_X509* others, TlsSide peer, int64_t now) const;

  uint64_t version_ = 1;
  std::map<std::string, x509_store_st*, std::less<>> roots_;  // by trust domain
  mutable std::mutex mutex_;
  mutable std::array<Generations<Fingerprint, std::shared_ptr<const PeerIdentity>>, 2> verified_;  // by side
};

}  // namespace weft::proxy
