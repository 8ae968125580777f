// Configuration items in one line each. For tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "proxy/config/snapshot_builder.h"

namespace weft::proxy {

struct TestListener {
  std::string name;
  uint32_t port;
  std::string destination;
};

inline v1::Item item(v1::ItemType type, std::string_view name, const std::string& payload) {
  v1::Item out;
  out.set_type(type);
  out.set_name(std::string(name));
  out.set_payload(payload);
  out.set_hash(content_hash(payload));
  return out;
}

// All on 127.0.0.1, outbound.
inline v1::Item listeners(const std::vector<TestListener>& list) {
  v1::ListenerSet set;
  for (const TestListener& from : list) {
    v1::Listener& listener = *set.add_listeners();
    listener.set_name(from.name);
    listener.set_direction(v1::OUTBOUND);
    listener.set_address("127.0.0.1");
    listener.set_port(from.port);
    listener.set_destination(from.destination);
  }
  return item(v1::LISTENERS, "listeners", set.SerializeAsString());
}

// HTTP/1, outbound, one route over `endpoint_sets`, with policies of `kinds` that have an empty conf.
inline v1::Item destination(const std::string& name, const std::vector<std::string>& endpoint_sets,
                            const std::string& path_prefix = "", const std::vector<std::string>& kinds = {}) {
  v1::Destination destination;
  destination.set_name(name);
  destination.set_direction(v1::OUTBOUND);
  destination.set_protocol(v1::HTTP1);
  v1::Route& route = *destination.add_routes();
  route.set_name(name);
  route.set_path_prefix(path_prefix);
  for (const std::string& set : endpoint_sets) {
    route.add_backends()->set_endpoints(set);
    route.mutable_backends()->rbegin()->set_weight(1);
  }
  for (const std::string& kind : kinds) route.add_policies()->set_kind(kind);
  return item(v1::DESTINATION, name, destination.SerializeAsString());
}

// Each "address:port".
inline v1::Item endpoints(const std::string& name, const std::vector<std::string>& addresses) {
  v1::EndpointSet set;
  set.set_name(name);
  for (const std::string& text : addresses) {
    v1::Endpoint& endpoint = *set.add_endpoints();
    const size_t colon = text.rfind(':');
    uint32_t port = 0;
    parse_number(std::string_view(text).substr(colon + 1), port);
    endpoint.set_address(text.substr(0, colon));
    endpoint.set_port(port);
  }
  return item(v1::ENDPOINTS, name, set.SerializeAsString());
}

inline v1::Update update_of(uint64_t revision, const std::vector<v1::Item>& changed,
                            const std::vector<ItemKey>& removed) {
  v1::Update update;
  update.set_nonce(revision);
  update.set_revision(revision);
  for (const v1::Item& one : changed) *update.add_changed() = one;
  for (const ItemKey& key : removed) {
    update.add_removed()->set_type(key.type);
    update.mutable_removed()->rbegin()->set_name(key.name);
  }
  return update;
}

}  // namespace weft::proxy
