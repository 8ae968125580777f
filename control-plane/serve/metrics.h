// What the control plane counts of its work on proxies, and its own use of the machine, as Prometheus text. Counters
// are atomics: any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "base/histogram.h"
#include "control-plane/engine/compile_proxy.h"

namespace weft::cp {

// Why a certificate was not given.
enum class CertificateRefusal : uint8_t {
  kMalformed,   // the request cannot be read, or has another key than it should
  kOtherName,   // it asks for somebody else's certificate
  kToken,       // the token that opened the stream does not hold any more
  kNoIdentity,  // the Dataplane has no identity
  kTooOften,
  kAuthority,  // the authority is not there, has run out, or does not work
  kChanging,   // identity or authority changed meanwhile; soon again
};
inline constexpr std::array<const char*, 7> kCertificateRefusals{"malformed", "other_name", "token",   "no_identity",
                                                                 "too_often", "authority",  "changing"};

struct ServeMetrics {
  std::atomic<uint64_t> connected_proxies{0};
  std::atomic<uint64_t> streams_opened{0};
  std::atomic<uint64_t> streams_refused{0};
  std::atomic<uint64_t> updates_sent{0};
  std::atomic<uint64_t> items_sent{0};
  std::atomic<uint64_t> payload_bytes_sent{0};
  std::atomic<uint64_t> acknowledgements{0};
  std::atomic<uint64_t> items_refused{0};
  std::atomic<uint64_t> rounds{0};
  std::atomic<uint64_t> store_revision{0};
  // From the commit of the oldest change in an update to its acknowledgement, per proxy.
  LatencyHistogram change_to_active;
  // What a proxy is to run on, worked out: it came to something new, or to what it has.
  LatencyHistogram generated_changed, generated_same;

  std::atomic<uint64_t> certificates_issued{0};
  std::array<std::atomic<uint64_t>, kCertificateRefusals.size()> certificates_refused{};  // by CertificateRefusal
  // From a good request to its certificate.
  LatencyHistogram signing;

  // Copied from the memo after each round: the memo belongs to the delivery thread.
  struct Compiled {
    std::atomic<uint64_t> proxies{0}, listeners{0}, destinations{0}, endpoints{0}, identities{0}, trusts{0}, units{0},
        indexes{0};
  } compiled;
  void set_compiled(const CompileCounters& counters);

  // Prometheus text, with CPU time and memory of this process.
  std::string print() const;
};

}  // namespace weft::cp
