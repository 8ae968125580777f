// An RSA key that signs tokens (RS256), or only checks them when it is a public key. Cheap to copy, immutable, any
// thread. Making one takes 50 to 200 ms; reading one about 0.1 ms, so callers keep what they read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

struct evp_pkey_st;

namespace weft::cp {

class SigningKey {
 public:
  // RSA, 2048 bits.
  static Result<SigningKey> generate();
  // A private or public RSA key of at least 2048 bits as PEM (PKCS#1, PKCS#8, SPKI), or PKCS#1 as DER. Errors never
  // quote it.
  static Result<SigningKey> parse(std::string_view text);

  // The private key, PKCS#8 PEM.
  Result<std::string> pem() const;
  Result<std::string> sign(std::string_view message) const;
  bool verifies(std::string_view message, std::string_view signature) const;

 private:
  explicit SigningKey(evp_pkey_st* key);
  std::shared_ptr<evp_pkey_st> key_;
};

// Keys by their serial, the `kid` of the tokens they sign.
using KeyRing = std::map<uint64_t, SigningKey>;
// Keys of somebody else's tokens, by the `kid` agreed on with them; they sign nothing here.
using ForeignKeys = std::map<std::string, SigningKey, std::less<>>;

}  // namespace weft::cp
