#include "policies/match.h"

#include "base/text.h"

namespace weft {
namespace {

// Is a policy of that origin meant for the zone the proxy lives in?
bool zone_fits(const PolicyMeta& policy, const Labels& proxy) {
  // A producer speaks for its service wherever the client is.
  if (policy.role == Role::kProducer) return true;
  if (policy.origin != Origin::kZone || policy.zone.empty()) return true;
  const std::string_view proxy_origin = label_value(proxy, label::kOrigin);
  if (proxy_origin.empty() || proxy_origin == "global") return true;
  const std::string_view proxy_zone = label_value(proxy, label::kZone);
  return proxy_origin == "zone" && (proxy_zone.empty() || proxy_zone == policy.zone);
}

bool namespace_fits(const PolicyMeta& policy, const Labels& proxy) {
  if (policy.role != Role::kConsumer && policy.role != Role::kWorkloadOwner) return true;
  return !policy.name_space.empty() && policy.name_space == label_value(proxy, label::kNamespace);
}

// Resource labels alone count; what an inbound is tagged with never does.
bool labels_fit(const v1::TargetRef& ref, const Labels& labels, std::string_view display_name) {
  for (const auto& [key, value] : ref.labels()) {
    const std::string_view actual = key == label::kDisplayName ? display_name : label_value(labels, key);
    if (actual != value) return false;
  }
  return true;
}

}  // namespace

std::string ProxyView::Port::section() const { return name.empty() ? std::to_string(port) : name; }

bool fits_proxy(const PolicyResource& policy, const Labels& labels, std::string_view display_name) {
  if (!zone_fits(policy.meta, labels) || !namespace_fits(policy.meta, labels)) return false;
  const v1::TargetRef& ref = policy.spec.target_ref();
  return ref.kind() == "Mesh" || (ref.kind() == "Dataplane" && labels_fit(ref, labels, display_name));
}

Selection select(const PolicyResource& policy, const ProxyView& proxy, Shadow shadow) {
  Selection selection;
  if (policy.meta.shadow && shadow == Shadow::kIgnore) return selection;
  if (!zone_fits(policy.meta, proxy.labels) || !namespace_fits(policy.meta, proxy.labels)) return selection;
  const v1::TargetRef& ref = policy.spec.target_ref();
  if (ref.kind() != "Mesh" && ref.kind() != "Dataplane") {
    selection.warning = cat("unsupported targetRef kind '", ref.kind(), "'");
    return selection;
  }
  if (ref.kind() == "Dataplane" && !labels_fit(ref, proxy.labels, proxy.display_name)) return selection;
  const std::string section = ref.kind() == "Dataplane" ? ref.section_name() : "";
  for (size_t i = 0; i < proxy.ports.size(); ++i) {
    if (section.empty() || proxy.ports[i].section() == section) selection.ports.push_back(i);
  }
  // Without ports a proxy only sends: nothing in the policy can be meant for anything but the whole of it.
  const bool sends_only = proxy.ports.empty() && section.empty();
  selection.applies = !selection.ports.empty() || proxy.delegated_gateway || sends_only;
  return selection;
}

std::vector<PolicyPtr> matched_policies(std::span<const PolicyPtr> policies, const ProxyView& proxy, Shadow shadow) {
  std::vector<PolicyPtr> matched;
  for (const PolicyPtr& policy : policies) {
    if (select(*policy, proxy, shadow).applies) matched.push_back(policy);
  }
  return matched;
}

}  // namespace weft
