// A small fast generator for jitter and sampling. Not for keys. One per thread, never shared.
#pragma once

#include <cstdint>
#include <random>

namespace weft {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed | 1) {}
  // Seeded from the system.
  Random() : Random((static_cast<uint64_t>(std::random_device{}()) << 32) | std::random_device{}()) {}

  // xorshift64*.
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 2685821657736338717ull;
  }
  // Uniform in [0, bound); 0 when bound is 0.
  uint64_t below(uint64_t bound) {
    return bound == 0 ? 0 : static_cast<uint64_t>((static_cast<__uint128_t>(next()) * bound) >> 64);
  }
  // Uniform in [0, 1).
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

}  // namespace weft
