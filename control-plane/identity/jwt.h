// JSON web tokens signed with RS256, and nothing else: a token that names another algorithm is refused before its
// signature is looked at (RFC 8725 section 3.1). Claims are JSON text here; who issues a kind of token knows what they
// mean. Pure functions, any thread; the time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/identity/signing_key.h"

namespace weft::cp {

// Longer texts are refused unread.
inline constexpr size_t kMaxTokenBytes = 16 * 1024;

// `claims` is a JSON object; the highest serial in `keys` signs. Error: not_found when there is no key.
Result<std::string> sign_jwt(std::string_view claims, const KeyRing& keys);

// The claims, once the signature and the times (nbf, exp) hold. The key is one of `foreign` or of `keys`; a `kid` never
// names anything else. Every way to be wrong has its own reason (unauthenticated).
Result<std::string> verify_jwt(std::string_view token, const KeyRing& keys, std::chrono::sys_seconds now,
                               const ForeignKeys& foreign = {});

// The claims of a token that nobody has checked: good for a better error message, for nothing else.
Result<std::string> unverified_claims(std::string_view token);

// 128 random bits as a version 4 UUID, for `jti`.
Result<std::string> random_token_id();

}  // namespace weft::cp
