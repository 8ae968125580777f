// Signing keys and tokens made without a control plane: RSA keys, JWTs signed with RS256. token.cc is the only file of
// weftctl that knows OpenSSL beside client.cc. Pure functions but for randomness.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "base/duration.h"
#include "base/status.h"

namespace weft::ctl {

// A new 2048-bit RSA key, PEM (PKCS#1).
Result<std::string> make_signing_key();
// PEM of the public half. Error: `private_key_pem` is no RSA key (its content is not repeated).
Result<std::string> public_key_of(std::string_view private_key_pem);

// `claims` is an object; jti, iat, nbf (five seconds ago) and exp are added to it.
Result<std::string> sign_token(std::string_view private_key_pem, std::string_view key_id, Node claims,
                               Nanoseconds valid_for);

std::string base64(std::string_view bytes);

}  // namespace weft::ctl
