// The functions that make units of configuration. Each gets everything it depends on as an argument and reads nothing
// else, so its arguments are its memo key. Pure, any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control-plane/engine/compiled_item.h"
#include "control-plane/engine/identity_index.h"
#include "control-plane/engine/trust_index.h"
#include "control-plane/engine/views.h"
#include "policies/effective_conf.h"
#include "policies/inbound_rules.h"
#include "policies/mesh_load_balancing_strategy/locality.h"

namespace weft::cp {

using UnitPtr = std::shared_ptr<const v1::PolicyUnit>;

// The unit of one kind for one place.
v1::PolicyUnit compile_unit(std::string_view kind, const EffectiveConf& effective);

// The same for a kind whose rules are kept apart.
v1::PolicyUnit compile_rule_list(std::string_view kind, std::span<const InboundRule> rules);

// A destination with one route that leads to one set of endpoints. `units` are in the order of the registry.
CompiledItem compile_destination(std::string_view name, v1::Direction direction, v1::Protocol protocol,
                                 std::string_view endpoints, std::span<const UnitPtr> units);

// The ready instances of a service's port, grouped by how near they are. `tls`: null when they are spoken to without.
CompiledItem compile_endpoints(std::string_view name, const v1::MeshService::Port& port,
                               std::span<const DataplaneViewPtr> instances,
                               const mesh_load_balancing_strategy::Nearness& nearness,
                               const v1::PeerTls* tls = nullptr);
// No instances at all.
CompiledItem compile_no_endpoints(std::string_view name);
// The application behind an inbound: one address.
CompiledItem compile_application(std::string_view name, const std::string& address, uint32_t port);

// How the instances of a service are spoken to by those who have an identity; nullopt: without TLS. A service from
// another zone always has it, one of this zone once all its instances can answer.
std::optional<v1::PeerTls> peer_tls(const ServiceView& service, std::string_view section);

// `tls`: null when no policy says anything.
CompiledItem compile_identity(const ProxyIdentity& identity, const UnitPtr& tls);
CompiledItem compile_trust(const TrustView& trust);

CompiledItem compile_listeners(const v1::ListenerSet& listeners);

// http, http2, grpc; everything else is relayed as bytes.
v1::Protocol protocol_of(std::string_view app_protocol);

}  // namespace weft::cp
