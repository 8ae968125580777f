// What a proxy asked for, as a part of everything its Dataplane leads to. Pure, any thread.
#pragma once

#include <set>
#include <string>

#include "control-plane/engine/compiled_item.h"

namespace weft::cp {

struct Subscription {
  bool everything = true;
  // Without `everything`: these outbound Destinations, beside the inbound ones.
  std::set<std::string, std::less<>> destinations;
};

// `items` itself when nothing is left out. Of the outbound listeners only those that lead to what was asked for stay.
ProxyItemsPtr subscribed_items(const ProxyItemsPtr& items, const Subscription& subscription);

}  // namespace weft::cp
