#include "tools/bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weft::bench {

void Histogram::add(std::chrono::nanoseconds value) {
  const uint64_t v = static_cast<uint64_t>(std::max<int64_t>(value.count(), 0));
  const unsigned shift =
      static_cast<unsigned>(std::max(0, static_cast<int>(std::bit_width(v)) - static_cast<int>(kSubBits) - 1));
  ++buckets_[(static_cast<uint64_t>(shift) << kSubBits) + (v >> shift)];
  ++count_;
  max_ = std::max(max_, v);
}

double Histogram::percentile_us(double share) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size() && count_ > 0; ++i) {
    seen += buckets_[i];
    if (seen == 0 || seen < wanted) continue;
    // A bucket above the first two rows holds values with the top bit of their row set, which the index carries
    // already.
    const uint64_t row = i >> kSubBits, offset = i & ((1u << kSubBits) - 1);
    const uint64_t shift = row > 0 ? row - 1 : 0;
    const uint64_t low = row > 0 ? ((1u << kSubBits) + offset) << shift : offset;
    return static_cast<double>(std::min(low + (uint64_t{1} << shift), max_ + 1) - 1) / 1000;
  }
  return 0;
}

}  // namespace weft::bench
