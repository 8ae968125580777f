#include "control-plane/engine/inspect/destinations.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "policies/policy_resource.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

using BackendRef = v1::Dataplane::Networking::Outbound::BackendRef;
using ReachableRef = v1::Dataplane::Networking::TransparentProxying::ReachableBackends::Ref;

std::string text_of(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return {};
  return message.GetReflection()->GetString(message, field);
}

uint32_t number_of(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return 0;
  const auto* get = message.GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) return get->GetUInt32(message, field);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) return static_cast<uint32_t>(get->GetInt32(message, field));
  return 0;
}

ServicePort port_of(const Message& message, const char* protocol) {
  ServicePort port{number_of(message, "port"), text_of(message, "name"), text_of(message, protocol)};
  if (port.protocol.empty()) port.protocol = "tcp";
  return port;
}

bool is_external(const Resource& service) { return service.key.type == "MeshExternalService"; }

// A copy from elsewhere is stored under a name of its own and keeps its name as a label.
bool is_called(const Resource& service, const std::string& name) {
  return service.key.name == name || service.display_name() == name;
}

bool is_older(const ResourcePtr& a, const ResourcePtr& b) {
  return std::tie(a->created, a->key.name) < std::tie(b->created, b->key.name);
}

// The one service that an outbound leads to; null when there is none.
ResourcePtr find_backend(const World& world, const std::string& mesh, const BackendRef& ref) {
  const std::string kind = ref.kind().empty() ? "MeshService" : ref.kind();
  const auto table = world.table(kind, mesh);
  if (!ref.name().empty()) {
    if (ResourcePtr exact = world.find({kind, mesh, ref.name()})) return exact;
  }
  ResourcePtr best;
  for (const auto& [name, service] : *table) {
    const bool fits = ref.name().empty() ? !ref.labels().empty() && has_labels(service->labels, ref.labels())
                                         : is_called(*service, ref.name());
    if (fits && (best == nullptr || is_older(service, best))) best = service;
  }
  return best;
}

bool reaches(const ReachableRef& ref, const Resource& service) {
  if (ref.kind() != service.key.type) return false;
  if (ref.name().empty()) return !ref.labels().empty() && has_labels(service.labels, ref.labels());
  if (!is_called(service, ref.name())) return false;
  return ref.namespace_().empty() || label_value(service.labels, label::kNamespace) == ref.namespace_();
}

bool takes_port(uint32_t wanted, const ServicePort& port, const Resource& service) {
  return is_external(service) || wanted == port.number;
}

using ByKri = std::map<std::string, Destination>;

void add(ByKri& all, const ResourcePtr& service, const ServicePort& port) {
  std::string id = kri(*service, port.section());
  all.try_emplace(id, Destination{service, port, id});
}

void add_outbounds(ByKri& all, const World& world, const std::string& mesh, const v1::Dataplane& dataplane) {
  for (const auto& outbound : dataplane.networking().outbound()) {
    const ResourcePtr service = find_backend(world, mesh, outbound.backend_ref());
    if (service == nullptr) continue;
    for (const ServicePort& port : service_ports(*service)) {
      if (takes_port(outbound.backend_ref().port(), port, *service)) add(all, service, port);
    }
  }
}

// Whether a dataplane without outbounds of its own reaches the port.
bool may_reach(const v1::Dataplane& dataplane, const Resource& service, const ServicePort& port) {
  const auto& proxying = dataplane.networking().transparent_proxying();
  if (!proxying.has_reachable_backends()) return true;
  const auto& refs = proxying.reachable_backends().refs();
  return std::any_of(refs.begin(), refs.end(), [&](const ReachableRef& ref) {
    return reaches(ref, service) && (ref.port() == 0 || ref.port() == port.number);
  });
}

}  // namespace

std::vector<ServicePort> service_ports(const Resource& resource) {
  std::vector<ServicePort> ports;
  if (std::find(std::begin(kServiceKinds), std::end(kServiceKinds), resource.key.type) == std::end(kServiceKinds)) {
    return ports;
  }
  const Message& spec = *resource.spec;
  const auto* get = spec.GetReflection();
  if (const FieldDescriptor* list = spec.GetDescriptor()->FindFieldByName("ports")) {
    for (int i = 0; i < get->FieldSize(spec, list); ++i) {
      ports.push_back(port_of(get->GetRepeatedMessage(spec, list, i), "app_protocol"));
    }
  } else if (const FieldDescriptor* one = spec.GetDescriptor()->FindFieldByName("match")) {
    ports.push_back(port_of(get->GetMessage(spec, one), "protocol"));
  }
  return ports;
}

std::vector<Destination> destinations_of(const World& world, const std::string& mesh, const v1::Dataplane& dataplane) {
  ByKri all;
  if (dataplane.networking().outbound_size() > 0) {
    add_outbounds(all, world, mesh, dataplane);
  } else {
    for (const std::string_view kind : kServiceKinds) {
      for (const auto& [name, service] : *world.table(kind, mesh)) {
        for (const ServicePort& port : service_ports(*service)) {
          if (may_reach(dataplane, *service, port)) add(all, service, port);
        }
      }
    }
  }
  std::vector<Destination> sorted;
  for (auto& [id, destination] : all) sorted.push_back(std::move(destination));
  return sorted;
}

bool may_use(const World& world, const Resource& service, const v1::Dataplane& dataplane) {
  const std::vector<ServicePort> ports = service_ports(service);
  const auto any_port = [&](const auto& wanted) { return std::any_of(ports.begin(), ports.end(), wanted); };
  if (dataplane.networking().outbound_size() == 0) {
    return any_port([&](const ServicePort& port) { return may_reach(dataplane, service, port); });
  }
  for (const auto& outbound : dataplane.networking().outbound()) {
    const BackendRef& ref = outbound.backend_ref();
    const bool leads_here = any_port([&](const ServicePort& port) { return takes_port(ref.port(), port, service); });
    if (!leads_here) continue;
    const ResourcePtr found = find_backend(world, service.key.mesh, ref);
    if (found != nullptr && found->key == service.key) return true;
  }
  return false;
}

}  // namespace weft::cp
