// What one worker knows of the instances it sends to, by endpoint slot: whether they may be chosen, and how much they
// have to do. Whoever checks them writes it, the balancer reads it. Worker's thread only.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "proxy/runtime/event_loop.h"

namespace weft::proxy {

struct EndpointHealth {
  uint32_t in_flight = 0;  // requests, or connections of a TCP destination
  bool failing = false;    // says the health check
  bool known = false;      // a set with it has been used
  uint8_t unreached = 0;   // connections in a row that could not be opened
  TimePoint since{};       // it came when its set was in use already; else long ago
  TimePoint shunned_until{};
};

class HealthTable {
 public:
  const EndpointHealth& at(uint32_t slot) const {
    static constexpr EndpointHealth kNothing;
    return slot < records_.size() ? records_[slot] : kNothing;
  }
  // Rises whenever `failing` of some endpoint changes.
  uint64_t version() const { return version_; }

  void set_failing(uint32_t slot, bool failing) {
    if (at(slot).failing == failing) return;
    mutable_at(slot).failing = failing;
    ++version_;
  }
  void set_known(uint32_t slot, TimePoint since) {
    EndpointHealth& record = mutable_at(slot);
    record.known = true;
    record.since = since;
  }
  // The slot leads elsewhere now, or nowhere. What is under way there still counts until it ends.
  void forget(uint32_t slot) {
    if (slot >= records_.size()) return;
    records_[slot] = {.in_flight = records_[slot].in_flight};
    ++version_;
  }

  // No connection to it could be opened. Others are taken for a while, if there are others: a second at first, up to
  // eight. True: the last one could be.
  bool unreached(uint32_t slot, TimePoint now) {
    EndpointHealth& record = mutable_at(slot);
    const bool first = record.unreached == 0;
    if (record.unreached < kLongestShun) ++record.unreached;
    shun(record, now);
    return first;
  }
  void reached(uint32_t slot) {
    if (at(slot).unreached == 0) return;
    mutable_at(slot).unreached = 0;
    mutable_at(slot).shunned_until = {};
  }
  // Somebody may be shunned.
  bool anybody_shunned(TimePoint now) const { return now < last_shun_ends_; }
  bool shunned(uint32_t slot, TimePoint now) const { return now < at(slot).shunned_until; }
  // It is taken. When it could not be reached before, this is the one that finds out: others wait for what comes of it.
  void taken(uint32_t slot, TimePoint now) {
    if (at(slot).unreached > 0) shun(mutable_at(slot), now);
  }

  void began(uint32_t slot) { ++mutable_at(slot).in_flight; }
  void ended(uint32_t slot) { --records_[slot].in_flight; }

 private:
  EndpointHealth& mutable_at(uint32_t slot) {
    if (slot >= records_.size()) records_.resize(slot + 1);
    return records_[slot];
  }

  static constexpr uint8_t kLongestShun = 4;
  void shun(EndpointHealth& record, TimePoint now) {
    record.shunned_until = now + std::chrono::seconds(1u << (record.unreached - 1u));
    last_shun_ends_ = std::max(last_shun_ends_, record.shunned_until);
  }

  std::vector<EndpointHealth> records_;
  TimePoint last_shun_ends_{};
  uint64_t version_ = 0;
};

// Counts one request to an endpoint for as long as it lives. Movable.
class InFlight {
 public:
  InFlight() = default;
  InFlight(HealthTable& table, uint32_t slot) : table_(&table), slot_(slot) { table.began(slot); }
  InFlight(InFlight&& other) noexcept : table_(std::exchange(other.table_, nullptr)), slot_(other.slot_) {}
  InFlight& operator=(InFlight&& other) noexcept {
    if (this == &other) return *this;
    reset();
    table_ = std::exchange(other.table_, nullptr);
    slot_ = other.slot_;
    return *this;
  }
  ~InFlight() { reset(); }
  void reset() {
    if (table_ != nullptr) std::exchange(table_, nullptr)->ended(slot_);
  }

 private:
  HealthTable* table_ = nullptr;
  uint32_t slot_ = 0;
};

}  // namespace weft::proxy
