#include "proxy/config/decode.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "base/text.h"
#include "policies/policy.h"
#include "policies/unknown_fields.h"
#include "proxy/config/identity_items.h"
#include "proxy/route/server_names.h"
#include "weft/v1/config_item.pb.h"

namespace weft::proxy {
namespace {

Status parse_payload(std::string_view payload, google::protobuf::Message& message) {
  if (payload.size() <= INT_MAX && message.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    return ok();
  return invalid("payload: cannot be decoded");
}

std::optional<Direction> direction_of(v1::Direction direction) {
  if (direction == v1::INBOUND) return Direction::kInbound;
  if (direction == v1::OUTBOUND) return Direction::kOutbound;
  return std::nullopt;
}

std::optional<Protocol> protocol_of(v1::Protocol protocol) {
  switch (protocol) {
    case v1::TCP: return Protocol::kTcp;
    case v1::HTTP1: return Protocol::kHttp1;
    case v1::HTTP2: return Protocol::kHttp2;
    case v1::GRPC: return Protocol::kGrpc;
    default: return std::nullopt;
  }
}

Status check_port(uint32_t port, std::string_view field) {
  if (port >= 1 && port <= 65535) return ok();
  return invalid(cat(field, ".port: ", port, " is not between 1 and 65535"));
}

// Gives the slots back when the last snapshot that uses the set is gone.
struct LeasedEndpointSet : EndpointSet {
  explicit LeasedEndpointSet(const AddressSlots& from) : slots(from) {}
  ~LeasedEndpointSet() {
    for (const Endpoint& endpoint : endpoints) slots.release(endpoint.slot);
  }
  LeasedEndpointSet(const LeasedEndpointSet&) = delete;
  LeasedEndpointSet& operator=(const LeasedEndpointSet&) = delete;

  AddressSlots slots;
};

// The groups of `in`, ready to be filled: in the order of their priorities, which become dense. `places` says for each
// index of the item which of them it is.
Status decode_localities(const v1::EndpointSet& in, std::vector<Locality>& out, std::vector<size_t>& places) {
  std::vector<size_t> order(static_cast<size_t>(in.localities_size()));
  std::iota(order.begin(), order.end(), size_t{0});
  const auto at = [&](size_t index) -> const v1::Locality& { return in.localities(static_cast<int>(index)); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return at(a).priority() < at(b).priority(); });
  places.resize(order.size());
  out.reserve(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const v1::Locality& from = at(order[i]);
    const bool farther = i > 0 && from.priority() != at(order[i - 1]).priority();
    const uint32_t before = out.empty() ? 0 : out.back().priority;
    places[order[i]] = i;
    out.push_back({.name = from.name(),
                   .priority = before + (farther ? 1 : 0),
                   .weight = from.weight() == 0 ? 1 : from.weight()});
  }
  for (int i = 0; i < in.endpoints_size() && !out.empty(); ++i) {
    if (in.endpoints(i).locality() < out.size()) continue;
    return invalid(cat("endpoints[", i, "].locality: there is no locality ", in.endpoints(i).locality()));
  }
  return ok();
}

// Brings the endpoints of each locality together; `of` says for each endpoint which is its.
void group_endpoints(const std::vector<size_t>& of, EndpointSet& set) {
  std::vector<Endpoint> grouped;
  grouped.reserve(set.endpoints.size());
  for (size_t i = 0; i < set.localities.size(); ++i) {
    Locality& locality = set.localities[i];
    locality.begin = static_cast<uint32_t>(grouped.size());
    for (size_t k = 0; k < of.size(); ++k) {
      if (of[k] == i) grouped.push_back(set.endpoints[k]);
    }
    locality.end = static_cast<uint32_t>(grouped.size());
  }
  set.endpoints = std::move(grouped);
}

// The chain of one place (a route, or the destination's connections), in the order of the registry.
Result<PolicyChain> decode_policies(const google::protobuf::RepeatedPtrField<v1::PolicyUnit>& units,
                                    Direction direction, const std::string& place, std::string_view field,
                                    SharedPolicies& shared) {
  std::vector<std::pair<size_t, std::shared_ptr<const Policy>>> ordered;
  for (int i = 0; i < units.size(); ++i) {
    const v1::PolicyUnit& unit = units[i];
    const std::string at = cat(field, "policies[", i, "]");
    const PolicyKind* kind = find_policy_kind(unit.kind());
    if (kind == nullptr || !kind->is_enforced())
      return invalid(cat(at, ".kind: this proxy does not know \"", unit.kind(), "\""));
    if (kind->guards) {
      if (const std::string unknown = unknown_field(unit); !unknown.empty()) return invalid(cat(at, ": ", unknown));
    }
    const auto rank = static_cast<size_t>(kind - policy_kinds().data());
    for (const auto& other : ordered) {
      if (other.first == rank) return invalid(cat(at, ".kind: ", unit.kind(), " appears twice"));
    }
    auto policy = shared.policy(*kind, unit.conf(), direction == Direction::kInbound, place);
    if (!policy.ok()) return annotate(policy.status(), cat(at, " (", unit.kind(), ")"));
    ordered.emplace_back(rank, *std::move(policy));
  }
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::shared_ptr<const Policy>> policies;
  for (auto& [rank, policy] : ordered) policies.push_back(std::move(policy));
  return shared.chain(std::move(policies));
}

Status decode_backends(const v1::Route& in, std::string_view field, Route& route, std::vector<std::string>& names) {
  if (in.backends().empty()) return invalid(cat(field, "backends: must not be empty"));
  for (int i = 0; i < in.backends_size(); ++i) {
    const v1::Backend& backend = in.backends(i);
    if (backend.endpoints().empty()) return invalid(cat(field, "backends[", i, "].endpoints: must not be empty"));
    route.backends.push_back({nullptr, backend.weight()});
    names.push_back(backend.endpoints());
  }
  // A lone backend needs no weight.
  if (route.backends.size() == 1 && route.backends[0].weight == 0) route.backends[0].weight = 1;
  return ok();
}

Status check_routes(const v1::Destination& in, Protocol protocol) {
  if (in.routes().empty()) return invalid("routes: must not be empty");
  if (protocol != Protocol::kTcp) return ok();
  if (in.routes_size() != 1) return invalid("routes: a TCP destination has exactly one");
  if (!in.routes(0).path_prefix().empty()) return invalid("routes[0].path_prefix: a TCP destination has none");
  return ok();
}

// ServerNames itself knows what a name is and that there are no two of it.
Status decode_server_names(const v1::Listener& in, std::string_view field, DecodedListener& out) {
  ServerNames taken;
  for (int i = 0; i < in.server_names_size(); ++i) {
    const v1::ServerNameRoute& route = in.server_names(i);
    const std::string at = cat(field, ".server_names[", i, "]");
    if (route.destination().empty()) return invalid(cat(at, ".destination: must not be empty"));
    if (route.names().empty()) return invalid(cat(at, ".names: must not be empty"));
    for (const std::string& name : route.names()) {
      if (!taken.add(name, nullptr))
        return invalid(cat(at, ".names: \"", name, "\" is no server name, or appears twice"));
      out.server_names.push_back({name, route.destination()});
    }
  }
  return ok();
}

}  // namespace

Result<DecodedListeners> decode_listeners(std::string_view payload) {
  v1::ListenerSet set;
  if (Status status = parse_payload(payload, set); !status.ok()) return status;
  DecodedListeners listeners;
  std::set<std::string> names;
  std::set<std::string> addresses;
  listeners.reserve(static_cast<size_t>(set.listeners_size()));
  for (int i = 0; i < set.listeners_size(); ++i) {
    const v1::Listener& in = set.listeners(i);
    const std::string field = cat("listeners[", i, "]");
    if (in.name().empty()) return invalid(cat(field, ".name: must not be empty"));
    if (!names.insert(in.name()).second) return invalid(cat(field, ".name: \"", in.name(), "\" appears twice"));
    const auto direction = direction_of(in.direction());
    if (!direction) return invalid(cat(field, ".direction: unknown value ", static_cast<int>(in.direction())));
    if (Status status = check_port(in.port(), field); !status.ok()) return status;
    const auto port = static_cast<uint16_t>(in.port());
    const std::optional<SocketAddress> address = SocketAddress::parse(in.address(), port);
    if (!address) return invalid(cat(field, ".address: \"", in.address(), "\" is not an IP address"));
    const std::string text = address->text();
    if (!addresses.insert(text).second) return invalid(cat(field, ": two listeners on ", text));
    if (in.destination().empty() && in.server_names().empty())
      return invalid(cat(field, ".destination: must not be empty"));
    listeners.push_back({in.name(), *direction, in.address(), port, in.destination(), {}});
    if (Status status = decode_server_names(in, field, listeners.back()); !status.ok()) return status;
  }
  return listeners;
}

Result<DecodedDestination> decode_destination(std::string_view name, std::string_view payload,
                                              SharedPolicies& policies) {
  v1::Destination in;
  if (Status status = parse_payload(payload, in); !status.ok()) return status;
  if (in.name() != name) return invalid(cat("name: \"", in.name(), "\" is not the item's"));
  const auto direction = direction_of(in.direction());
  if (!direction) return invalid(cat("direction: unknown value ", static_cast<int>(in.direction())));
  const auto protocol = protocol_of(in.protocol());
  if (!protocol) return invalid(cat("protocol: unknown value ", static_cast<int>(in.protocol())));
  if (Status status = check_routes(in, *protocol); !status.ok()) return status;

  DecodedDestination out;
  out.shape.name = in.name();
  out.shape.direction = *direction;
  out.shape.protocol = *protocol;
  out.shape.routes.reserve(static_cast<size_t>(in.routes_size()));
  for (int i = 0; i < in.routes_size(); ++i) {
    const v1::Route& from = in.routes(i);
    const std::string field = cat("routes[", i, "].");
    Route route;
    route.name = from.name();
    route.path_prefix = from.path_prefix();
    if (!route.path_prefix.empty() && route.path_prefix[0] != '/')
      return invalid(cat(field, "path_prefix: must start with /"));
    Result<PolicyChain> chain =
        decode_policies(from.policies(), *direction, cat(in.name(), ' ', from.name()), field, policies);
    if (!chain.ok()) return chain.status();
    route.policies = *std::move(chain);
    route.policies.prepare(route.plan);
    out.endpoint_sets.emplace_back();
    if (Status status = decode_backends(from, field, route, out.endpoint_sets.back()); !status.ok()) return status;
    out.shape.routes.push_back(std::move(route));
  }
  Result<PolicyChain> chain = decode_policies(in.policies(), *direction, in.name(), "", policies);
  if (!chain.ok()) return chain.status();
  out.shape.connection_policies = *std::move(chain);
  out.shape.connection_policies.prepare_connection(out.shape.connection);
  return out;
}

Result<DecodedEndpoints> decode_endpoints(std::string_view name, std::string_view payload, AddressSlots& slots,
                                          bool with_tls, std::shared_ptr<Usage> usage) {
  v1::EndpointSet in;
  if (Status status = parse_payload(payload, in); !status.ok()) return status;
  if (in.name() != name) return invalid(cat("name: \"", in.name(), "\" is not the item's"));
  auto out = std::make_shared<LeasedEndpointSet>(slots);
  out->name = in.name();
  out->usage = std::move(usage);
  if (in.has_tls()) {
    Result<PeerNames> names = decode_peer(in.tls());
    if (!names.ok()) return names.status();
    if (with_tls) out->tls = std::make_shared<const PeerNames>(*std::move(names));
  }
  if (in.overprovisioning_percent() != 0) out->overprovisioning_percent = in.overprovisioning_percent();
  std::vector<size_t> places;
  if (Status status = decode_localities(in, out->localities, places); !status.ok()) return status;
  std::vector<size_t> locality_of;
  out->endpoints.reserve(static_cast<size_t>(in.endpoints_size()));
  for (int i = 0; i < in.endpoints_size(); ++i) {
    const v1::Endpoint& from = in.endpoints(i);
    const std::string field = cat("endpoints[", i, "]");
    if (Status status = check_port(from.port(), field); !status.ok()) return status;
    const auto address = SocketAddress::parse(from.address(), static_cast<uint16_t>(from.port()));
    if (!address) return invalid(cat(field, ".address: \"", from.address(), "\" is not an IP address"));
    const auto [slot, tenant] = slots.acquire({*address, out->tls});
    out->endpoints.push_back({*address, from.weight() == 0 ? 1 : from.weight(), slot, tenant});
    if (!places.empty()) locality_of.push_back(places[from.locality()]);
  }
  if (!places.empty()) group_endpoints(locality_of, *out);
  return DecodedEndpoints{std::move(out), in.has_tls()};
}

}  // namespace weft::proxy
