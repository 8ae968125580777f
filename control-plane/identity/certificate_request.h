// What a proxy asks a certificate with: PKCS #10 as DER (RFC 2986). Of it nothing is taken over but the public key,
// which must be a P-256 key whose owner signed the request, and the one name, which the caller compares. Everything in
// it was written by a stranger. Immutable, any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

struct evp_pkey_st;

namespace weft::cp {

class CertificateRequest {
 public:
  // One of ours has 250 to 450 bytes, with the longest SPIFFE ID 2,300.
  static constexpr size_t kMaxBytes = 4096;

  // Error: what is wrong with it.
  static Result<CertificateRequest> parse(std::string_view der);

  // The only name it asks for, a URI, byte by byte.
  const std::string& uri() const { return uri_; }
  // For this folder.
  evp_pkey_st* key() const { return key_.get(); }

 private:
  CertificateRequest(std::string uri, std::shared_ptr<evp_pkey_st> key) : uri_(std::move(uri)), key_(std::move(key)) {}

  std::string uri_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace weft::cp
