#include "control-plane/engine/route_warnings.h"

#include <set>

#include <google/protobuf/util/message_differencer.h>

#include "base/text.h"
#include "control-plane/engine/overridden.h"
#include "control-plane/engine/policy_reach.h"
#include "control-plane/engine/views.h"

namespace weft::cp {
namespace {

constexpr std::string_view kForConnections = "MeshTCPRoute";
constexpr std::string_view kForRequests = "MeshHTTPRoute";

// Everything that `own` names, `other` names too.
bool covers(const v1::TargetRef& other, const v1::TargetRef& own) {
  v1::TargetRef whole = own;
  if (other.section_name().empty()) whole.clear_section_name();
  return google::protobuf::util::MessageDifferencer::Equals(other, whole);
}

// The sections of what `ref` names that speak HTTP.
std::set<std::string> http_sections(const World& world, std::string_view mesh, const v1::TargetRef& ref) {
  std::set<std::string> sections;  // a resource may be looked at twice
  any_labelled(world, ref.kind(), mesh, ref.labels(), [&](const ResourcePtr& resource) {
    for (const ServicePort& port : service_ports(*resource->spec)) {
      const bool is_named = ref.section_name().empty() || ref.section_name() == port.section();
      if (is_named && is_http(port.protocol)) sections.insert(port.section());
    }
    return false;
  });
  return sections;
}

const PolicyResource* winner(const std::vector<PolicyPtr>& routes, const PolicyResource& policy,
                             const v1::TargetRef& ref) {
  for (const PolicyPtr& route : routes) {
    if (!covers_proxies(*route, policy)) continue;
    for (int i = 0; i < route->spec.to_size(); ++i) {
      if (covers(route->spec.to_target(i), ref)) return route.get();
    }
  }
  return nullptr;
}

}  // namespace

void add_route_warnings(const World& world, const PolicyResource& policy, std::vector<std::string>& out) {
  if (policy.meta.type != kForConnections) return;
  std::vector<PolicyPtr> routes;
  for (const auto& [name, resource] : *world.table(kForRequests, policy.meta.mesh)) {
    if (PolicyPtr route = view_policy(resource); route != nullptr) routes.push_back(std::move(route));
  }
  for (int i = 0; i < policy.spec.to_size(); ++i) {
    const v1::TargetRef& ref = policy.spec.to_target(i);
    const PolicyResource* route = winner(routes, policy, ref);
    if (route == nullptr) continue;
    const std::set<std::string> sections = http_sections(world, policy.meta.mesh, ref);
    if (sections.empty()) continue;
    out.push_back(cat("spec.to[", i, "] has no effect on port '",
                      join(std::vector<std::string>(sections.begin(), sections.end()), "', '"),
                      "', which speaks HTTP: ", kForRequests, " '", route->meta.display_name,
                      "' is about it and wins"));
  }
}

}  // namespace weft::cp
