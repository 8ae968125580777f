// Items from the control plane into snapshots. Keeps the last good version of every item; an item that cannot be used
// is refused alone, with a reason, and is tried again with every update until it is replaced or removed. Staging
// computes what the configuration would be; committing makes it the current one. No I/O, no clock; control thread. What
// did not change is shared with the previous snapshot by pointer: listeners, destinations, endpoint sets and policy
// objects.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "proxy/config/decode.h"
#include "proxy/config/slots.h"
#include "proxy/config/snapshot.h"
#include "weft/v1/config_item.pb.h"
#include "weft/v1/config_service.pb.h"

namespace weft::proxy {

struct ItemKey {
  v1::ItemType type = v1::ITEM_TYPE_UNSPECIFIED;
  std::string name;
  auto operator<=>(const ItemKey&) const = default;
};

// One accepted item.
struct Unit {
  v1::Item item;
  std::variant<DecodedListeners, DecodedDestination, std::shared_ptr<const EndpointSet>> content;
};

struct RefusedItem {
  v1::Item item;
  std::string reason;
};

struct Configuration {
  uint64_t revision = 0;
  std::map<ItemKey, std::shared_ptr<const Unit>> accepted;
  // The newest version of items of which an older version, or none, is in use.
  std::map<ItemKey, RefusedItem> refused;
  // Removed by the control plane, but something that is in use refers to them.
  std::set<ItemKey> still_needed;
  std::map<std::string, std::shared_ptr<const Destination>> destinations;
  // Never null once something was staged.
  std::shared_ptr<const Snapshot> snapshot;
};

class SnapshotBuilder {
 public:
  // `listeners_refusal`: why the listeners of the last try could not be opened; new listeners are then left as they
  // were.
  Configuration stage(const v1::Update& update, const std::optional<std::string>& listeners_refusal = std::nullopt);
  // The snapshot, if it is another than before, must then be published: workers learn from each what they must forget.
  void commit(Configuration next);

  const Configuration& current() const { return current_; }
  const DestinationNumbers& numbers() const { return numbers_; }

 private:
  friend class Staging;
  Configuration current_;
  AddressSlots slots_;
  std::vector<std::string> slot_keys_;  // by slot: what it last led to
  DestinationNumbers numbers_;
};

}  // namespace weft::proxy
