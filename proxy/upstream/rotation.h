// Whose turn it is among instances with weights: earliest deadline first. Taking a turn puts an instance back by the
// inverse of its weight at that moment, so turns are spread out, weights may change at any time, and a turn costs the
// logarithm of their number. Worker's thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace weft::proxy {

class WeightedRotation {
 public:
  bool empty() const { return turns_.empty(); }
  void clear() { turns_.clear(); }

  // `weight(member)` is above 0 for those who take part. Everybody starts somewhere in its first turn.
  template <typename Weight>
  void start(std::span<const uint32_t> members, Random& random, const Weight& weight) {
    turns_.clear();
    for (const uint32_t member : members) {
      const double own = weight(member);
      if (own > 0) turns_.push_back({now_ + random.fraction() / own, next_number_++, member});
    }
    std::make_heap(turns_.begin(), turns_.end(), later);
  }

  // Not empty().
  template <typename Weight>
  uint32_t take(const Weight& weight) {
    std::pop_heap(turns_.begin(), turns_.end(), later);
    Turn& turn = turns_.back();
    const uint32_t member = turn.member;
    now_ = turn.due;
    turn.due += 1.0 / std::max(weight(member), kLeastWeight);
    turn.number = next_number_++;
    std::push_heap(turns_.begin(), turns_.end(), later);
    return member;
  }

 private:
  static constexpr double kLeastWeight = 1e-6;
  struct Turn {
    double due;
    uint64_t number;  // of two that are due at once the one that has waited longer
    uint32_t member;
  };
  static bool later(const Turn& a, const Turn& b) { return a.due != b.due ? a.due > b.due : a.number > b.number; }

  std::vector<Turn> turns_;  // a heap
  double now_ = 0;
  uint64_t next_number_ = 0;
};

}  // namespace weft::proxy
