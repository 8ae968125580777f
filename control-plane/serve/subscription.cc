#include "control-plane/serve/subscription.h"

namespace weft::cp {

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
    wanted->items.push_back(item);
  }
  return wanted;
}

}  // namespace weft::cp
