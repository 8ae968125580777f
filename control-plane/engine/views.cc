#include "control-plane/engine/views.h"

#include <arpa/inet.h>

#include <utility>

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;

ProxyView proxy_view(const Resource& resource, const v1::Dataplane& spec) {
  ProxyView proxy;
  proxy.labels = resource.labels;
  proxy.display_name = resource.display_name();
  const v1::Dataplane::Networking& networking = spec.networking();
  for (const auto& inbound : networking.inbound()) {
    const std::string& address = inbound.address().empty() ? networking.address() : inbound.address();
    proxy.ports.push_back({address, inbound.port(), inbound.name()});
  }
  for (const auto& listener : networking.listeners()) {
    proxy.ports.push_back({listener.address(), listener.port(), listener.name()});
  }
  // The only type there is; an absent one means the same.
  proxy.delegated_gateway = networking.has_gateway();
  return proxy;
}

TargetResource target_of(const Resource& resource, const v1::MeshService& spec) {
  TargetResource target{resource.key.type, resource.key.mesh, resource.key.name, kri(resource), resource.labels, {}};
  for (const v1::MeshService::Port& port : spec.ports()) target.ports.push_back({port.port(), port.name()});
  return target;
}

}  // namespace

DataplaneViewPtr view_dataplane(ResourcePtr resource) {
  const auto* spec = DynamicCastToGenerated<const v1::Dataplane>(resource->spec.get());
  if (spec == nullptr) return nullptr;
  ProxyView proxy = proxy_view(*resource, *spec);
  return std::make_shared<const DataplaneView>(DataplaneView{std::move(resource), spec, std::move(proxy)});
}

ServiceViewPtr view_service(ResourcePtr resource) {
  const auto* spec = DynamicCastToGenerated<const v1::MeshService>(resource->spec.get());
  if (spec == nullptr) return nullptr;
  TargetResource target = target_of(*resource, *spec);
  return std::make_shared<const ServiceView>(ServiceView{std::move(resource), spec, std::move(target)});
}

PolicyPtr view_policy(ResourcePtr resource) {
  if (!PolicySpec::is_policy(*resource->spec)) return nullptr;
  return make_policy_resource(resource->key.mesh, resource->key.name, kri(*resource), resource->labels, resource->spec);
}

bool is_ready(const v1::Dataplane::Networking::Inbound& inbound) {
  if (!inbound.state().empty()) return inbound.state() == "Ready";
  return !inbound.has_health() || inbound.health().ready();
}

bool fits(const v1::MeshService::Port& port, const v1::Dataplane::Networking::Inbound& inbound) {
  switch (port.target_port().value_case()) {
    case v1::IntOrString::kNumber: return port.target_port().number() == inbound.port();
    case v1::IntOrString::kText: return port.target_port().text() == inbound.name();
    default: return port.port() == inbound.port();
  }
}

bool is_ip_address(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

}  // namespace weft::cp
