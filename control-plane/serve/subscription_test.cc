#include "control-plane/serve/subscription.h"

#include <gmock/gmock.h>

#include "control-plane/serve/test_items.h"

namespace weft::cp {
namespace {

using testing::ElementsAre;

// A proxy with one inbound that calls two services, the second of them with a split over two sets of instances.
ProxyItemsPtr two_services() {
  v1::ListenerSet listeners;
  const auto listen = [&](v1::Direction direction, const std::string& name, const std::string& destination) {
    v1::Listener* listener = listeners.add_listeners();
    listener->set_direction(direction);
    listener->set_name(name);
    listener->set_destination(destination);
  };
  listen(v1::INBOUND, "inbound:80", "in");
  listen(v1::OUTBOUND, "outbound:1", "cart");
  listen(v1::OUTBOUND, "outbound:2", "shop");
  const auto lead = [](v1::Direction direction, const std::string& name, std::vector<std::string> endpoints) {
    v1::Destination destination;
    destination.set_name(name);
    destination.set_direction(direction);
    for (const std::string& set : endpoints) destination.add_routes()->add_backends()->set_endpoints(set);
    return item(v1::DESTINATION, name, destination.SerializeAsString());
  };
  return items({item(v1::LISTENERS, "listeners", listeners.SerializeAsString()), lead(v1::INBOUND, "in", {"app:in"}),
                lead(v1::OUTBOUND, "cart", {"cart"}), lead(v1::OUTBOUND, "shop", {"shop-a", "shop-b"}),
                item(v1::ENDPOINTS, "app:in", "1"), item(v1::ENDPOINTS, "cart", "2"),
                item(v1::ENDPOINTS, "shop-a", "3"), item(v1::ENDPOINTS, "shop-b", "4")});
}

std::vector<std::string> names_of(const ProxyItems& items) {
  std::vector<std::string> names;
  for (const CompiledItemPtr& item : items.items) names.push_back(item->name);
  return names;
}

std::vector<std::string> listeners_of(const ProxyItems& items) {
  v1::ListenerSet set;
  EXPECT_TRUE(set.ParseFromString(*items.items.front()->bytes));
  std::vector<std::string> names;
  for (const v1::Listener& listener : set.listeners()) names.push_back(listener.name());
  return names;
}

TEST(Subscription, EverythingIsTheSameListOfItems) {
  const ProxyItemsPtr all = two_services();
  EXPECT_EQ(subscribed_items(all, {}), all);
}

TEST(Subscription, ByNameGivesThatDestinationItsInstancesItsListenerAndTheInbounds) {
  const ProxyItemsPtr some = subscribed_items(two_services(), {.everything = false, .destinations = {"shop"}});
  EXPECT_THAT(names_of(*some), ElementsAre("listeners", "in", "shop", "app:in", "shop-a", "shop-b"));
  EXPECT_THAT(listeners_of(*some), ElementsAre("inbound:80", "outbound:2"));
}

TEST(Subscription, WhoTheProxyIsAndWhomItBelievesComesWithEverySubscription) {
  ProxyItemsPtr all = two_services();
  std::vector<CompiledItemPtr> list = all->items;
  list.push_back(item(v1::IDENTITY, "identity", "i"));
  list.push_back(item(v1::TRUST, "a.domain", "t"));
  const ProxyItemsPtr none = subscribed_items(items(std::move(list)), {.everything = false, .destinations = {}});
  EXPECT_THAT(names_of(*none), ElementsAre("listeners", "in", "app:in", "identity", "a.domain"));
}

TEST(Subscription, AFilteredListenerSetHasAHashOfItsOwn) {
  const ProxyItemsPtr all = two_services();
  const ProxyItemsPtr some = subscribed_items(all, {.everything = false, .destinations = {"shop"}});
  EXPECT_NE(some->items.front()->hash, all->items.front()->hash);
  EXPECT_EQ(some->items.front()->hash, content_hash(*some->items.front()->bytes));
}

TEST(Subscription, NamingEveryDestinationSharesTheItems) {
  const ProxyItemsPtr all = two_services();
  EXPECT_EQ(subscribed_items(all, {.everything = false, .destinations = {"shop", "cart"}})->items, all->items);
}

TEST(Subscription, ADestinationThatDoesNotExistGivesTheInboundsAlone) {
  const ProxyItemsPtr none = subscribed_items(two_services(), {.everything = false, .destinations = {"gone"}});
  EXPECT_THAT(names_of(*none), ElementsAre("listeners", "in", "app:in"));
}

}  // namespace
}  // namespace weft::cp
