#include "proxy/config/listener_ways.h"

namespace weft::proxy {
namespace {

std::shared_ptr<const Destination> usable(const std::string& name, const Destinations& destinations) {
  const auto found = destinations.find(name);
  return found == destinations.end() ? nullptr : found->second;
}

}  // namespace

std::shared_ptr<const Destination> own_destination(const DecodedListener& from, const Destinations& destinations,
                                                   DestinationNumbers& numbers, const Listener* old) {
  if (!from.destination.empty()) return usable(from.destination, destinations);
  if (old != nullptr && old->destination->routes.empty()) return old->destination;
  auto nowhere = std::make_shared<Destination>();
  nowhere->name = from.name;
  nowhere->direction = from.direction;
  nowhere->counters_slot = numbers.number(from.name, from.direction);
  return nowhere;
}

std::shared_ptr<const ServerNames> compile_server_names(const DecodedListener& from, const Destinations& destinations,
                                                        const Listener* old) {
  if (from.server_names.empty()) return nullptr;
  auto names = std::make_shared<ServerNames>();
  for (const DecodedServerName& one : from.server_names) {
    std::shared_ptr<const Destination> to = usable(one.destination, destinations);
    // It would go past the question who calls.
    if (to != nullptr && to->direction == Direction::kInbound) to = nullptr;
    names->add(one.name, std::move(to));
  }
  const bool same = old != nullptr && old->server_names != nullptr && *old->server_names == *names;
  return same ? old->server_names : names;
}

}  // namespace weft::proxy
