// What one connected proxy runs on, as far as the control plane knows: the items it said it holds, what it acknowledged
// and what it refused. Says what has to be sent to get it where it should be. Owned by delivery, on its thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "control-plane/engine/compiled_item.h"
#include "control-plane/serve/wire.h"

namespace weft::cp {

struct ItemRefusal {
  ItemName item;
  std::string reason;
  bool operator==(const ItemRefusal&) const = default;
};

class Holding {
 public:
  Holding();
  // A proxy that comes with a configuration.
  explicit Holding(std::map<ItemName, uint64_t> held);

  struct Difference {
    std::vector<CompiledItemPtr> changed;
    std::vector<ItemName> removed;
    bool empty() const { return changed.empty() && removed.empty(); }
  };
  // A version that the proxy refused is not offered again until offer_refused_again().
  Difference difference(const ProxyItems& target) const;
  // What made the proxy refuse may have gone (a port that was taken). Not while an update is under way.
  void offer_refused_again();

  // The proxy took `target`, apart from what it refused: of that it keeps the version it had.
  void accept(ProxyItemsPtr target, std::span<const ItemRefusal> refused);

  // By name, the hashes of the items of one type that the proxy runs on.
  std::map<std::string, uint64_t> held_of(v1::ItemType type) const;

  // What stands between the proxy and `target` because it refused it.
  std::vector<ItemRefusal> refusals(const ProxyItems& target) const;

 private:
  struct Refused {
    uint64_t hash = 0;
    std::string reason;
    bool offered_again = false;
  };
  // 0: not held.
  uint64_t held_hash(const ItemName& name) const;

  // Most proxies hold exactly what they were sent last, and share the list of it. Where one differs is in `differing_`.
  ProxyItemsPtr held_;
  std::map<ItemName, uint64_t> differing_;
  std::map<ItemName, Refused> refused_;
};

// By name, the hashes of the items of one type.
std::map<std::string, uint64_t> hashes_of(const ProxyItems& items, v1::ItemType type);
// The item of that name, or null.
const CompiledItem* find_item(const ProxyItems& items, const ItemName& name);

}  // namespace weft::cp
