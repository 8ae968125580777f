// Two well-known hashes of short keys, for spreading them over instances. The same value everywhere and always, so that
// many proxies send a key to the same place. Not for security. Pure, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft {

// XXH64.
uint64_t xx_hash64(std::string_view bytes, uint64_t seed = 0);

// MurmurHash2, the 64-bit variant A.
uint64_t murmur_hash2_64(std::string_view bytes, uint64_t seed = 0xc70f6907);

// Spreads what differs in a few bits over all of them (the end of MurmurHash3).
constexpr uint64_t mix64(uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdull;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ull;
  return value ^ (value >> 33);
}

}  // namespace weft
