// Why mutual TLS did not come about, in the words of metrics and logs. Values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::proxy {

enum class TlsFailure : uint8_t {
  kNone,
  kNotTls,            // the first byte was no handshake's
  kNoCertificate,     // the client showed none
  kExpired,           // the peer's certificate, or one above it
  kNotYetValid,       // likewise
  kUnknownAuthority,  // no authority of the trust domain that it claims vouches for it
  kBadCertificate,    // malformed, too large, too weak, or used beyond what its issuer allowed
  kNoIdentity,        // a certificate without exactly one well-formed SPIFFE ID
  kWrongIdentity,     // a member of the mesh, but not the one expected here
  kRefused,           // the peer said no (an alert)
  kProtocol,          // no version or cipher in common, or bytes that make no sense
  kOwnCertificate,    // ours has run out, and is not shown
  kTimeout,
  kClosed,      // the peer left
  kOverloaded,  // made room for newer handshakes
  kCount
};

// "expired", "unknown_authority", ...
std::string_view tls_failure_word(TlsFailure failure);

}  // namespace weft::proxy
