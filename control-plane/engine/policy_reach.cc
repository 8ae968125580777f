#include "control-plane/engine/policy_reach.h"

#include <algorithm>

#include "base/text.h"
#include "policies/match.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// One of the Dataplane's ports is the one the policy wants; true when it wants no particular one.
bool has_section(const v1::Dataplane::Networking& networking, const std::string& section) {
  const auto is_it = [&](const auto& port) {
    return port.name().empty() ? std::to_string(port.port()) == section : port.name() == section;
  };
  return section.empty() || networking.has_gateway() ||
         std::any_of(networking.inbound().begin(), networking.inbound().end(), is_it) ||
         std::any_of(networking.listeners().begin(), networking.listeners().end(), is_it);
}

bool ask(const ResourcePtr& resource, const PolicyResource& policy, const ProxyTest& stop) {
  if (!fits_proxy(policy, resource->labels, resource->display_name())) return false;
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::Dataplane>(resource->spec.get());
  return spec != nullptr && has_section(spec->networking(), policy.spec.target_ref().section_name()) &&
         stop(*resource, *spec);
}

ServicePort port_of(const Message& port) {
  ServicePort out;
  const google::protobuf::Descriptor& type = *port.GetDescriptor();
  const google::protobuf::Reflection& get = *port.GetReflection();
  const auto text = [&](const char* name, std::string& to) {
    const FieldDescriptor* field = type.FindFieldByName(name);
    if (field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) to = get.GetString(port, field);
  };
  const FieldDescriptor* number = type.FindFieldByName("port");
  if (number != nullptr && number->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    out.number = get.GetUInt32(port, number);
  }
  text("name", out.name);
  text("protocol", out.protocol);
  text("app_protocol", out.protocol);
  return out;
}

}  // namespace

bool any_proxy(const Reach& reach, const PolicyResource& policy, const ProxyTest& stop) {
  if (reach.only != nullptr) return ask(reach.only, policy, stop);
  for (const auto& [name, resource] : *reach.world.table("Dataplane", policy.meta.mesh)) {
    if (ask(resource, policy, stop)) return true;
  }
  return false;
}

bool any_inbound(const Reach& reach, const PolicyResource& policy, const InboundTest& stop) {
  const std::string& section = policy.spec.target_ref().section_name();
  return any_proxy(reach, policy, [&](const Resource&, const v1::Dataplane& spec) {
    const auto& inbounds = spec.networking().inbound();
    return std::any_of(inbounds.begin(), inbounds.end(), [&](const auto& inbound) {
      const bool selected = section.empty() || (inbound.name().empty() ? std::to_string(inbound.port()) == section
                                                                       : inbound.name() == section);
      return selected && stop(inbound);
    });
  });
}

// Every kind of service keeps its ports in `ports`, but for the one whose single port stands in `match`.
std::vector<ServicePort> service_ports(const Message& spec) {
  std::vector<ServicePort> ports;
  const google::protobuf::Descriptor& type = *spec.GetDescriptor();
  const google::protobuf::Reflection& get = *spec.GetReflection();
  const auto is_message = [](const FieldDescriptor* field) {
    return field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  };
  if (const FieldDescriptor* list = type.FindFieldByName("ports"); is_message(list) && list->is_repeated()) {
    for (int i = 0; i < get.FieldSize(spec, list); ++i) ports.push_back(port_of(get.GetRepeatedMessage(spec, list, i)));
  } else if (const FieldDescriptor* one = type.FindFieldByName("match"); is_message(one) && !one->is_repeated()) {
    ports.push_back(port_of(get.GetMessage(spec, one)));
  }
  return ports;
}

std::vector<std::string_view> service_types() { return {"MeshService", "MeshExternalService", "MeshMultiZoneService"}; }

bool any_labelled(const World& world, std::string_view type, std::string_view mesh, const LabelMap& labels,
                  const std::function<bool(const ResourcePtr&)>& stop) {
  if (labels.empty()) return false;
  const auto fits = [&](const ResourcePtr& resource) { return has_labels(resource->labels, labels) && stop(resource); };
  // Most are named, and most names are those they are stored under.
  const auto named = labels.find(std::string(label::kDisplayName));
  if (named != labels.end()) {
    const ResourcePtr likely = world.find({std::string(type), std::string(mesh), named->second});
    if (likely != nullptr && fits(likely)) return true;
  }
  for (const auto& [name, resource] : *world.table(type, mesh)) {
    if (fits(resource)) return true;
  }
  return false;
}

bool is_http(std::string_view protocol) {
  return equal_ignoring_case(protocol, "http") || equal_ignoring_case(protocol, "http2") ||
         equal_ignoring_case(protocol, "grpc");
}

std::string in_words(const LabelMap& labels) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : labels) pairs.push_back(cat(key, ": ", value));
  std::sort(pairs.begin(), pairs.end());
  return cat("{", join(pairs, ", "), "}");
}

}  // namespace weft::cp
