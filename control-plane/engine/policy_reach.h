// What a policy reaches, looked up in a World without an index: dataplanes, services, ports. For the hints about a
// policy, which are asked for once a write; each look-up ends at the first find. Pure functions, any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control-plane/store/world.h"
#include "policies/policy_resource.h"
#include "weft/v1/dataplane.pb.h"

namespace weft::cp {

// Dataplanes among which a policy is looked at: all of its mesh, or one.
struct Reach {
  const World& world;
  ResourcePtr only;  // null: all
};

// `stop(resource, spec)` for each Dataplane the policy is for, until it says true; true when it did.
using ProxyTest = std::function<bool(const Resource&, const v1::Dataplane&)>;
bool any_proxy(const Reach& reach, const PolicyResource& policy, const ProxyTest& stop);

// The same for the ports (inbounds) the policy is for.
using InboundTest = std::function<bool(const v1::Dataplane::Networking::Inbound&)>;
bool any_inbound(const Reach& reach, const PolicyResource& policy, const InboundTest& stop);

// A port of a service of any kind.
struct ServicePort {
  uint32_t number = 0;
  std::string name;
  std::string protocol;
  // How policies call it.
  std::string section() const { return name.empty() ? std::to_string(number) : name; }
};
std::vector<ServicePort> service_ports(const google::protobuf::Message& spec);

// Types of resources that traffic is sent to.
std::vector<std::string_view> service_types();

// Resources of `type` that carry all of the labels, until `stop` says true; true when it did. No labels name nothing.
using LabelMap = google::protobuf::Map<std::string, std::string>;
bool any_labelled(const World& world, std::string_view type, std::string_view mesh, const LabelMap& labels,
                  const std::function<bool(const ResourcePtr&)>& stop);

// http, http2, grpc.
bool is_http(std::string_view protocol);

// "{app: web, tier: a}", sorted.
std::string in_words(const LabelMap& labels);

}  // namespace weft::cp
