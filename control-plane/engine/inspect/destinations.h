// The services of a mesh as places traffic can go to, and which of them a dataplane may use. Reads the ports of every
// kind of service from its schema, so there is nothing per kind here. Pure functions of a World; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/store/world.h"
#include "weft/v1/dataplane.pb.h"

namespace weft::cp {

struct ServicePort {
  uint32_t number = 0;
  std::string name;      // may be empty
  std::string protocol;  // "tcp" when nothing is said
  std::string section() const { return name.empty() ? std::to_string(number) : name; }
};

// Kinds a dataplane can send to, in the order of their names.
inline constexpr std::string_view kServiceKinds[] = {"MeshExternalService", "MeshMultiZoneService", "MeshService"};

// Empty for what is no service.
std::vector<ServicePort> service_ports(const Resource& resource);

// One port of a service that a dataplane may use.
struct Destination {
  ResourcePtr service;
  ServicePort port;
  std::string kri;  // with the port's section
};

// Sorted by KRI, each once. With outbounds of its own a dataplane has these, without them every service of the mesh, or
// those that it names as reachable.
std::vector<Destination> destinations_of(const World& world, const std::string& mesh, const v1::Dataplane& dataplane);

// Whether any port of `service` is among them; without looking at all the others.
bool may_use(const World& world, const Resource& service, const v1::Dataplane& dataplane);

}  // namespace weft::cp
