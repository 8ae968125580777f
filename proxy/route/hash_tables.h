// Which endpoint a hash belongs to: a ring or a Maglev table for each priority of one endpoint set. Made once on the
// control thread, immutable, shared by all workers. Every proxy that knows the same endpoints makes the same tables. An
// endpoint that may not be used is passed over; only what belonged to it moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "policies/plan.h"
#include "proxy/route/route.h"

namespace weft::proxy {

// Numbers below some bound in as few bytes as they need: a table of 65,537 places for up to 256 endpoints takes 64 KiB.
class SmallNumbers {
 public:
  SmallNumbers() = default;
  SmallNumbers(size_t size, size_t bound) : size_(size), width_(bound <= 256 ? 1 : bound <= 65536 ? 2 : 4) {
    bytes_.resize(size * width_);
  }
  size_t size() const { return size_; }
  size_t memory() const { return bytes_.capacity(); }
  uint32_t at(size_t place) const;
  void set(size_t place, uint32_t number);

 private:
  size_t size_ = 0;
  size_t width_ = 1;
  std::vector<uint8_t> bytes_;
};

class HashTables {
 public:
  // A ring has so many points at most (24 MiB), whatever the rule says: more spread nothing better.
  static constexpr size_t kMaxPoints = size_t{1} << 21;
  static constexpr size_t kNobody = ~size_t{0};

  // `rule` hashes().
  HashTables(const EndpointSet& set, const BalanceRule& rule);

  // Index in the set of the first endpoint of `priority` on the way from `hash` for which `fits(index)` holds.
  template <typename Fits>
  size_t find(size_t priority, uint64_t hash, const Fits& fits) const {
    const Table& table = tables_[priority];
    const size_t size = table.owners.size();
    if (size == 0) return kNobody;
    size_t place = table.place_of(hash);
    for (size_t i = 0; i < size && i < kMaxSteps; ++i) {
      const size_t index = table.first + table.owners.at(place);
      if (fits(index)) return index;
      place = place + 1 < size ? place + 1 : 0;
    }
    for (size_t i = 0; i < table.count; ++i) {
      const size_t index = table.first + (hash + i) % table.count;
      if (fits(index)) return index;
    }
    return kNobody;
  }

  size_t places(size_t priority) const { return tables_[priority].owners.size(); }
  // Bytes.
  size_t memory() const;

 private:
  // After so many places nobody was found that fits: the few who do are looked for one by one.
  static constexpr size_t kMaxSteps = 256;

  struct Table {
    size_t first = 0;  // endpoints [first, first + count) of the set
    size_t count = 0;
    std::vector<uint64_t> points;  // of a ring, sorted; empty: Maglev
    SmallNumbers owners;           // by place, counted from `first`
    size_t place_of(uint64_t hash) const;
  };
  static void fill_ring(const EndpointSet& set, const BalanceRule& rule, const std::vector<double>& shares,
                        Table& table);
  static void fill_maglev(const EndpointSet& set, const BalanceRule& rule, const std::vector<double>& shares,
                          Table& table);

  std::vector<Table> tables_;  // by priority
};

// The tables of the rule, or null when it does not hash.
std::shared_ptr<const HashTables> make_hash_tables(const EndpointSet& set, const BalanceRule* rule);
// Makes the same tables of the same set.
bool same_tables(const BalanceRule* a, const BalanceRule* b);

}  // namespace weft::proxy
