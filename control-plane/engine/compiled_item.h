// A unit of configuration as it travels: made once, shared by every proxy that needs it, by its memo and by the streams
// that send it. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weft/v1/config_item.pb.h"

namespace weft::cp {

struct CompiledItem {
  v1::ItemType type = v1::ITEM_TYPE_UNSPECIFIED;
  std::string name;
  // content_hash of `bytes`, never 0.
  uint64_t hash = 0;
  // The serialised payload (ListenerSet, Destination, EndpointSet); never null.
  std::shared_ptr<const std::string> bytes;
};

using CompiledItemPtr = std::shared_ptr<const CompiledItem>;

// Everything one proxy runs on.
struct ProxyItems {
  // Sorted by type, then name; each pair once.
  std::vector<CompiledItemPtr> items;
  // Sentences for a person: an outbound that leads nowhere, a name where an IP address is needed.
  std::vector<std::string> warnings;
  // The very same items, and the same warnings.
  bool operator==(const ProxyItems&) const = default;
};

using ProxyItemsPtr = std::shared_ptr<const ProxyItems>;

}  // namespace weft::cp
