#include "control-plane/serve/subscription.h"

#include "base/hash.h"

namespace weft::cp {
namespace {

// The listeners that lead to what was asked for, and every inbound. The item itself when that is all of them.
CompiledItemPtr subscribed_listeners(const CompiledItemPtr& item, const Subscription& subscription) {
  v1::ListenerSet all;
  if (!all.ParseFromString(*item->bytes)) return item;
  v1::ListenerSet wanted;
  for (v1::Listener& listener : *all.mutable_listeners()) {
    if (listener.direction() == v1::OUTBOUND && !subscription.destinations.contains(listener.destination())) continue;
    wanted.add_listeners()->Swap(&listener);
  }
  if (wanted.listeners_size() == all.listeners_size()) return item;
  std::string bytes = wanted.SerializeAsString();
  const uint64_t hash = content_hash(bytes);
  return std::make_shared<CompiledItem>(
      CompiledItem{item->type, item->name, hash, std::make_shared<const std::string>(std::move(bytes))});
}

}  // namespace

ProxyItemsPtr subscribed_items(const ProxyItemsPtr& items, const Subscription& subscription) {
  if (subscription.everything) return items;
  auto wanted = std::make_shared<ProxyItems>();
  wanted->warnings = items->warnings;
  std::set<std::string, std::less<>> endpoints;
  // Sorted by type: Destinations come before the EndpointSets they name.
  for (const CompiledItemPtr& item : items->items) {
    if (item->type == v1::ENDPOINTS && !endpoints.contains(item->name)) continue;
    if (item->type == v1::DESTINATION) {
      v1::Destination destination;
      if (!destination.ParseFromString(*item->bytes)) continue;
      if (destination.direction() == v1::OUTBOUND && !subscription.destinations.contains(item->name)) continue;
      for (const v1::Route& route : destination.routes()) {
        for (const v1::Backend& backend : route.backends()) endpoints.insert(backend.endpoints());
      }
    }
    wanted->items.push_back(item->type == v1::LISTENERS ? subscribed_listeners(item, subscription) : item);
  }
  return wanted;
}

}  // namespace weft::cp
