// Who has which dense number. Address slots index the connection pools of the workers, destination numbers index their
// counters. The snapshot builder asks on the control thread; an address slot is given back by whichever thread drops
// the last snapshot that knew the address, so AddressSlots locks (never on a request's path). Destination numbers are
// never used twice: a counter belongs to one name for the life of the process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/route/route.h"

namespace weft::proxy {

// What a pool's connections have in common: where they lead, and whom they were opened to.
std::string slot_key(const Endpoint& endpoint, const PeerNames* names);

class AddressSlots {
 public:
  // Holds one key's slot until it is destroyed. Movable.
  class Lease;

  AddressSlots();
  ~AddressSlots();
  // The slot that `key` has, or the one that has been free for longest, or a new one.
  Lease acquire(const std::string& key);
  // Slots ever made: pools on a worker at most.
  uint32_t size() const;

 private:
  struct Table;
  std::shared_ptr<Table> table_;
};

class AddressSlots::Lease {
 public:
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();
  uint32_t slot() const { return slot_; }

 private:
  friend class AddressSlots;
  Lease(std::shared_ptr<Table> table, std::string key, uint32_t slot)
      : table_(std::move(table)), key_(std::move(key)), slot_(slot) {}
  void release();

  std::shared_ptr<Table> table_;  // null after a move
  std::string key_;
  uint32_t slot_;
};

class DestinationNumbers {
 public:
  struct Entry {
    std::string name;
    Direction direction;
  };
  // The number WorkerCounters::kSlots - 1 is shared by all names that came too late for one of their own.
  uint32_t number(std::string_view name, Direction direction);
  // By number.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::map<std::string, uint32_t, std::less<>> numbers_;
};

}  // namespace weft::proxy
