// Counts of durations in buckets 1.6 % wide (64 to each power of two of nanoseconds), so that percentiles cost no
// memory per request. Owned by one load; its thread only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace weft::bench {

class Histogram {
 public:
  void add(std::chrono::nanoseconds value);
  uint64_t count() const { return count_; }
  // The upper edge of the bucket in which `share` (0..1) of the values are reached, in microseconds; 0 when empty.
  double percentile_us(double share) const;
  double max_us() const { return static_cast<double>(max_) / 1000; }

 private:
  static constexpr unsigned kSubBits = 6;
  std::array<uint64_t, (64 - kSubBits + 1) << kSubBits> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace weft::bench
