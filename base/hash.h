// Hashes that are written down: the same input gives the same value in every build, process and version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

// FNV-1a, 64 bit.
uint64_t fnv1a64(std::string_view bytes);

// Content identity of a configuration item: 64 bits of SHA-256, never 0 (0 means "absent").
uint64_t content_hash(std::string_view bytes);

// SHA-256 in base64, with padding.
std::string sha256_base64(std::string_view bytes);

// SHA-1 in base64, for the handshake that is built on it (RFC 6455). Protects nothing.
std::string sha1_base64(std::string_view bytes);
// With padding.
std::string base64(std::string_view bytes);

// Lower-case hexadecimal, 16 digits.
std::string hex64(uint64_t value);

}  // namespace weft
