// What the HostnameGenerators make of services: which apply, in which order, to which names, and who has a name when
// several want it. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/name_template.h"
#include "control-plane/resource/resource.h"
#include "control-plane/store/world.h"
#include "weft/v1/hostname_generator.pb.h"

namespace weft::cp {

// A generator, ready to be asked.
struct HostnameRule {
  ResourcePtr resource;
  std::string_view service_type;  // "MeshService"; empty: it selects nothing
  const v1::LabelSelector* selector = nullptr;
  Result<NameTemplate> name;
};

// In the order in which they count: those of this zone first, then the older, then by name.
std::vector<HostnameRule> hostname_rules(const World::Table& generators);

// `labels` are the service's, or what they would be elsewhere.
bool selects(const HostnameRule& rule, std::string_view service_type, const Labels& labels);

// The name as the template gives it. `zone` stands for the zone of a service that carries none.
Result<std::string> hostname_of(const HostnameRule& rule, const Resource& service, std::string_view zone);

// What one generator came to for one service.
struct HostnameOutcome {
  const HostnameRule* rule = nullptr;  // never null
  std::string hostname;                // empty unless generated
  std::string_view reason;             // Generated, Collision, TemplateError
  std::string message;
};

// Of all services of a mesh. A name belongs to the first who comes: by the order of the rules, then the older service.
// Services that no rule selects are left out.
std::map<ResourceKey, std::vector<HostnameOutcome>> assign_hostnames(const std::vector<HostnameRule>& rules,
                                                                     std::vector<ResourcePtr> services,
                                                                     std::string_view zone);

// A name of one service, and whose it is.
struct ServiceHostname {
  std::string hostname;
  std::vector<std::string> zones;
};

// What the generators make of one service, whether or not another has the name already, and whether or not it is a host
// name. On the global control plane: in any zone, where a zone's own services are of origin "zone" and all others of
// origin "global", whatever they are labelled here; a zone's own generators count in that zone alone.
std::vector<ServiceHostname> hostnames_of(const World::Table& generators, const Resource& service,
                                          std::string_view zone, bool is_global);

}  // namespace weft::cp
