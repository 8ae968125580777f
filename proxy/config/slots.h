// Who has which dense number. Address slots index the connection pools of the workers, destination numbers index their
// counters. The snapshot builder asks on the control thread; an address slot is given back by whichever thread drops
// the last snapshot that knew the address, so AddressSlots locks (never on a request's path). Destination numbers are
// never used twice: a counter belongs to one name for the life of the process.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/route/route.h"

namespace weft::proxy {

// What a pool's connections have in common: where they lead, and whom they were opened to (null: anybody, without TLS).
struct SlotKey {
  const SocketAddress& address;
  const std::shared_ptr<const PeerNames>& names;
};

// Copies share the slots.
class AddressSlots {
 public:
  struct Place {
    uint32_t slot;
    uint32_t tenant;  // rises whenever the slot gets another key
  };

  AddressSlots();

  // The slot that `key` has, or the one that has been free for longest, or a new one. To be given back as often as it
  // was acquired.
  Place acquire(const SlotKey& key);
  void release(uint32_t slot);
  // Slots ever made: pools on a worker at most.
  uint32_t size() const;

 private:
  struct Table;
  std::shared_ptr<Table> table_;
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
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  std::deque<Entry> entries_;  // none moves
  std::map<std::string_view, uint32_t> numbers_;
};

}  // namespace weft::proxy
