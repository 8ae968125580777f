#include "base/key_hash.h"

#include <bit>
#include <cstring>

namespace weft {
namespace {

constexpr uint64_t kPrime1 = 0x9e3779b185ebca87ull;
constexpr uint64_t kPrime2 = 0xc2b2ae3d27d4eb4full;
constexpr uint64_t kPrime3 = 0x165667b19e3779f9ull;
constexpr uint64_t kPrime4 = 0x85ebca77c2b2ae63ull;
constexpr uint64_t kPrime5 = 0x27d4eb2f165667c5ull;

static_assert(std::endian::native == std::endian::little);

template <typename Number>
Number load(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

uint64_t round64(uint64_t lane, uint64_t input) { return std::rotl(lane + input * kPrime2, 31) * kPrime1; }

uint64_t merge_round(uint64_t hash, uint64_t lane) { return (hash ^ round64(0, lane)) * kPrime1 + kPrime4; }

// Takes whole stripes of 32 bytes off `bytes`.
uint64_t long_part(std::string_view& bytes, uint64_t seed) {
  uint64_t lanes[4] = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
  for (; bytes.size() >= 32; bytes.remove_prefix(32)) {
    for (size_t i = 0; i < 4; ++i) lanes[i] = round64(lanes[i], load<uint64_t>(bytes.data() + 8 * i));
  }
  uint64_t hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
  for (const uint64_t lane : lanes) hash = merge_round(hash, lane);
  return hash;
}

}  // namespace

uint64_t xx_hash64(std::string_view bytes, uint64_t seed) {
  const size_t size = bytes.size();
  uint64_t hash = size >= 32 ? long_part(bytes, seed) : seed + kPrime5;
  hash += size;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    hash = std::rotl(hash ^ round64(0, load<uint64_t>(bytes.data())), 27) * kPrime1 + kPrime4;
  }
  if (bytes.size() >= 4) {
    hash = std::rotl(hash ^ (load<uint32_t>(bytes.data()) * kPrime1), 23) * kPrime2 + kPrime3;
    bytes.remove_prefix(4);
  }
  for (const char byte : bytes) hash = std::rotl(hash ^ (static_cast<uint8_t>(byte) * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

uint64_t murmur_hash2_64(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kMultiply = 0xc6a4a7935bd1e995ull;
  uint64_t hash = seed ^ (bytes.size() * kMultiply);
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word = load<uint64_t>(bytes.data()) * kMultiply;
    word = (word ^ (word >> 47)) * kMultiply;
    hash = (hash ^ word) * kMultiply;
  }
  if (!bytes.empty()) {
    uint64_t rest = 0;
    std::memcpy(&rest, bytes.data(), bytes.size());
    hash = (hash ^ rest) * kMultiply;
  }
  hash = (hash ^ (hash >> 47)) * kMultiply;
  return hash ^ (hash >> 47);
}

}  // namespace weft
