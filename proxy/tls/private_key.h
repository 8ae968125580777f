// A key that never leaves the process: made in memory, written nowhere, wiped when the last user drops it. Immutable
// after it was made; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace weft::proxy {

class PrivateKey {
 public:
  // ECDSA on P-256. Error: the library has no randomness.
  static Result<std::shared_ptr<const PrivateKey>> make_p256();
  ~PrivateKey();
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;

  // A PKCS #10 request signed by this key: no subject, the ID as the only name. Error: it is no SPIFFE ID.
  Result<std::string> csr_der(std::string_view spiffe_id) const;

  // For proxy/tls alone; still this object's.
  evp_pkey_st* native() const { return key_; }

 private:
  explicit PrivateKey(evp_pkey_st* key) : key_(key) {}

  evp_pkey_st* const key_;
};

}  // namespace weft::proxy
