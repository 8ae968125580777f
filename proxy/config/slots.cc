#include "proxy/config/slots.h"

#include <functional>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

struct AddressSlots::Table {
  struct Entry {
    SocketAddress address;
    std::shared_ptr<const PeerNames> names;
    uint32_t leases = 0;
    uint32_t tenant = 0;
  };
  // Finds a slot by what its entry says.
  struct Hash {
    using is_transparent = void;
    const std::deque<Entry>& entries;
    size_t operator()(const SlotKey& key) const {
      const std::hash<std::string_view> hash;
      const size_t own = hash(key.address.bytes());
      return key.names == nullptr ? own : own * 31 + hash(key.names->server_name);
    }
    size_t operator()(uint32_t slot) const { return (*this)(SlotKey{entries[slot].address, entries[slot].names}); }
  };
  struct Same {
    using is_transparent = void;
    const std::deque<Entry>& entries;
    bool operator()(uint32_t slot, uint32_t other) const { return slot == other; }
    bool operator()(uint32_t slot, const SlotKey& key) const {
      const Entry& entry = entries[slot];
      if (entry.address != key.address || (entry.names == nullptr) != (key.names == nullptr)) return false;
      return entry.names == key.names || *entry.names == *key.names;
    }
    bool operator()(const SlotKey& key, uint32_t slot) const { return (*this)(slot, key); }
  };

  mutable std::mutex mutex;
  std::deque<Entry> entries;                                                // by slot
  absl::flat_hash_set<uint32_t, Hash, Same> used{0, {entries}, {entries}};  // those with leases
  std::deque<uint32_t> free;  // the longest free in front: pools of the old address have had time to notice
};

AddressSlots::AddressSlots() : table_(std::make_shared<Table>()) {}

AddressSlots::Place AddressSlots::acquire(const SlotKey& key) {
  const std::lock_guard lock(table_->mutex);
  const auto known = table_->used.find(key);
  if (known != table_->used.end()) {
    Table::Entry& entry = table_->entries[*known];
    ++entry.leases;
    entry.names = key.names;  // equal, and those before may go
    return {*known, entry.tenant};
  }
  auto slot = static_cast<uint32_t>(table_->entries.size());
  if (table_->free.empty()) {
    table_->entries.emplace_back();
  } else {
    slot = table_->free.front();
    table_->free.pop_front();
  }
  Table::Entry& entry = table_->entries[slot];
  entry = {key.address, key.names, 1, entry.tenant + 1};
  table_->used.insert(slot);
  return {slot, entry.tenant};
}

void AddressSlots::release(uint32_t slot) {
  std::shared_ptr<const PeerNames> names;  // outlives the lock
  const std::lock_guard lock(table_->mutex);
  Table::Entry& entry = table_->entries[slot];
  if (--entry.leases > 0) return;
  table_->used.erase(slot);
  table_->free.push_back(slot);
  names = std::move(entry.names);
}

uint32_t AddressSlots::size() const {
  const std::lock_guard lock(table_->mutex);
  return static_cast<uint32_t>(table_->entries.size());
}

uint32_t DestinationNumbers::number(std::string_view name, Direction direction) {
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  if (entries_.size() == WorkerCounters::kSlots - 1) return WorkerCounters::kSlots - 1;
  const auto number = static_cast<uint32_t>(entries_.size());
  entries_.push_back({std::string(name), direction});
  numbers_.emplace(entries_.back().name, number);
  return number;
}

}  // namespace weft::proxy
