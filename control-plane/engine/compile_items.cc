#include "control-plane/engine/compile_items.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "base/hash.h"
#include "base/text.h"
#include "control-plane/engine/service_status.h"
#include "control-plane/resource/kri.h"
#include "policies/policy.h"

namespace weft::cp {
namespace {

using mesh_load_balancing_strategy::Place;

std::string deterministic_bytes(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  // Maps are the only thing that has no order of its own.
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

CompiledItem make_item(v1::ItemType type, std::string_view name, const google::protobuf::Message& payload) {
  auto bytes = std::make_shared<const std::string>(deterministic_bytes(payload));
  const uint64_t hash = content_hash(*bytes);
  return {type, std::string(name), hash, std::move(bytes)};
}

// Several items of one policy are one origin.
void add_origin(const ConfOrigin& origin, v1::PolicyUnit& unit) {
  const std::string& kri = origin.policy->meta.kri;
  if (unit.origins().empty() || unit.origins().rbegin()->compare(kri) != 0) unit.add_origins(kri);
}

}  // namespace

v1::Protocol protocol_of(std::string_view app_protocol) {
  const std::string protocol = lower(app_protocol);
  if (protocol == "http") return v1::HTTP1;
  if (protocol == "http2") return v1::HTTP2;
  if (protocol == "grpc") return v1::GRPC;
  return v1::TCP;
}

v1::PolicyUnit compile_unit(std::string_view kind, const EffectiveConf& effective) {
  v1::PolicyUnit unit;
  unit.set_kind(std::string(kind));
  if (effective.conf != nullptr) unit.set_conf(deterministic_bytes(*effective.conf));
  for (const ConfOrigin& origin : effective.origins) add_origin(origin, unit);
  return unit;
}

v1::PolicyUnit compile_rule_list(std::string_view kind, std::span<const InboundRule> rules) {
  v1::PolicyUnit unit;
  unit.set_kind(std::string(kind));
  v1::RuleList list;
  for (const InboundRule& rule : rules) {
    add_origin(rule.origin, unit);
    if (rule.conf == nullptr) continue;
    v1::RuleList::Rule& added = *list.add_rules();
    added.set_origin(rule.origin.policy->meta.kri);
    added.set_conf(deterministic_bytes(*rule.conf));
  }
  unit.set_conf(deterministic_bytes(list));
  return unit;
}

CompiledItem compile_destination(std::string_view name, v1::Direction direction, v1::Protocol protocol,
                                 std::string_view endpoints, std::span<const UnitPtr> units) {
  v1::Destination destination;
  destination.set_name(std::string(name));
  destination.set_direction(direction);
  destination.set_protocol(protocol);
  v1::Route& route = *destination.add_routes();
  route.set_name(std::string(name));
  v1::Backend& backend = *route.add_backends();
  backend.set_endpoints(std::string(endpoints));
  backend.set_weight(1);
  for (const UnitPtr& unit : units) {
    *route.add_policies() = *unit;
    const PolicyKind* kind = find_policy_kind(unit->kind());
    if (kind != nullptr && kind->speaks_of_connections) *destination.add_policies() = *unit;
  }
  return make_item(v1::DESTINATION, name, destination);
}

CompiledItem compile_endpoints(std::string_view name, const v1::MeshService::Port& port,
                               std::span<const DataplaneViewPtr> instances,
                               const mesh_load_balancing_strategy::Nearness& nearness, const v1::PeerTls* tls) {
  struct Instance {
    std::string address;
    uint32_t port;
    std::string_view zone;
    Place group;
    auto place() const { return std::tie(address, port); }
  };
  std::vector<Instance> ready;
  for (const DataplaneViewPtr& dataplane : instances) {
    for (const auto& inbound : dataplane->networking().inbound()) {
      const std::string& address = dataplane->address_of(inbound);
      if (!fits(port, inbound) || !is_ready(inbound) || !is_ip_address(address)) continue;
      const Labels& labels = dataplane->resource->labels;
      if (std::optional<Place> group = nearness.place_of(labels)) {
        ready.push_back({address, inbound.port(), label_value(labels, label::kZone), *std::move(group)});
      }
    }
  }
  std::stable_sort(ready.begin(), ready.end(),
                   [](const Instance& a, const Instance& b) { return a.place() < b.place(); });
  const auto same = [](const Instance& a, const Instance& b) { return a.place() == b.place(); };
  ready.erase(std::unique(ready.begin(), ready.end(), same), ready.end());
  v1::EndpointSet set;
  set.set_name(std::string(name));
  set.set_overprovisioning_percent(nearness.overprovisioning_percent());
  std::map<Place, uint32_t> groups;
  for (const Instance& instance : ready) groups.emplace(instance.group, 0);
  for (auto& [group, number] : groups) {
    if (groups.size() == 1) break;  // nothing to tell apart
    number = static_cast<uint32_t>(set.localities_size());
    v1::Locality& locality = *set.add_localities();
    locality.set_name(group.name);
    locality.set_priority(group.priority);
    locality.set_weight(group.weight);
  }
  for (const Instance& instance : ready) {
    v1::Endpoint& endpoint = *set.add_endpoints();
    endpoint.set_address(instance.address);
    endpoint.set_port(instance.port);
    endpoint.set_weight(1);
    endpoint.set_zone(std::string(instance.zone));
    endpoint.set_locality(groups.at(instance.group));
  }
  if (tls != nullptr) *set.mutable_tls() = *tls;
  return make_item(v1::ENDPOINTS, name, set);
}

CompiledItem compile_no_endpoints(std::string_view name) {
  v1::EndpointSet set;
  set.set_name(std::string(name));
  return make_item(v1::ENDPOINTS, name, set);
}

CompiledItem compile_application(std::string_view name, const std::string& address, uint32_t port) {
  v1::EndpointSet set;
  set.set_name(std::string(name));
  v1::Endpoint& endpoint = *set.add_endpoints();
  endpoint.set_address(address);
  endpoint.set_port(port);
  endpoint.set_weight(1);
  return make_item(v1::ENDPOINTS, name, set);
}

std::optional<v1::PeerTls> peer_tls(const ServiceView& service, std::string_view section) {
  const Resource& resource = *service.resource;
  const auto* status = google::protobuf::DynamicCastToGenerated<const v1::MeshServiceStatus>(resource.status.get());
  if (is_local(resource.labels) && (status == nullptr || status->tls().status() != "Ready")) return std::nullopt;
  v1::PeerTls tls;
  tls.set_server_name(sni(resource, section));
  std::set<std::string_view> ids;
  for (const v1::MeshService::Identity& identity : service.spec->identities()) {
    if (identity.type() == "SpiffeID") ids.insert(identity.value());
  }
  for (const std::string_view id : ids) tls.add_spiffe_ids(std::string(id));
  return tls;
}

CompiledItem compile_identity(const ProxyIdentity& identity, const UnitPtr& tls) {
  v1::WorkloadIdentity out;
  out.set_spiffe_id(identity.spiffe_id);
  out.set_source(identity.source);
  out.set_issuer(identity.issuer);
  out.set_lifetime_seconds(identity.lifetime_seconds);
  if (tls != nullptr) *out.mutable_tls() = *tls;
  return make_item(v1::IDENTITY, "identity", out);
}

CompiledItem compile_trust(const TrustView& trust) {
  v1::TrustDomain out;
  out.set_name(trust.domain);
  for (const std::string& authority : trust.authorities) out.add_authorities(authority);
  return make_item(v1::TRUST, trust.domain, out);
}

CompiledItem compile_listeners(const v1::ListenerSet& listeners) {
  return make_item(v1::LISTENERS, "listeners", listeners);
}

}  // namespace weft::cp
