#include "proxy/config/slots.h"

#include <deque>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/text.h"
#include "proxy/telemetry/counters.h"

namespace weft::proxy {

struct AddressSlots::Table {
  struct Entry {
    uint32_t slot = 0;
    uint32_t leases = 0;
  };
  mutable std::mutex mutex;
  absl::flat_hash_map<std::string, Entry> entries;
  std::deque<uint32_t> free;  // the longest free in front: pools of the old address have had time to notice
  uint32_t next = 0;
};

std::string slot_key(const Endpoint& endpoint, const PeerNames* names) {
  if (names == nullptr) return endpoint.text;
  std::string key = cat(endpoint.text, ' ', names->server_name);
  for (const std::string& id : names->spiffe_ids) append(key, ' ', id);
  return key;
}

AddressSlots::AddressSlots() : table_(std::make_shared<Table>()) {}
AddressSlots::~AddressSlots() = default;

AddressSlots::Lease AddressSlots::acquire(const std::string& key) {
  const std::lock_guard lock(table_->mutex);
  auto [place, added] = table_->entries.try_emplace(key);
  if (added && table_->free.empty()) {
    place->second.slot = table_->next++;
  } else if (added) {
    place->second.slot = table_->free.front();
    table_->free.pop_front();
  }
  ++place->second.leases;
  return Lease(table_, key, place->second.slot);
}

uint32_t AddressSlots::size() const {
  const std::lock_guard lock(table_->mutex);
  return table_->next;
}

AddressSlots::Lease& AddressSlots::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  release();
  table_ = std::move(other.table_);
  key_ = std::move(other.key_);
  slot_ = other.slot_;
  return *this;
}

AddressSlots::Lease::~Lease() { release(); }

void AddressSlots::Lease::release() {
  if (table_ == nullptr) return;
  const std::lock_guard lock(table_->mutex);
  const auto place = table_->entries.find(key_);
  if (--place->second.leases == 0) {
    table_->free.push_back(place->second.slot);
    table_->entries.erase(place);
  }
}

uint32_t DestinationNumbers::number(std::string_view name, Direction direction) {
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  if (entries_.size() == WorkerCounters::kSlots - 1) return WorkerCounters::kSlots - 1;
  const auto number = static_cast<uint32_t>(entries_.size());
  entries_.push_back({std::string(name), direction});
  numbers_.emplace(name, number);
  return number;
}

}  // namespace weft::proxy
