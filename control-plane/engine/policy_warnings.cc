#include "control-plane/engine/policy_warnings.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "control-plane/engine/overridden.h"
#include "control-plane/engine/views.h"
#include "policies/match.h"
#include "policies/policy.h"
#include "policies/to_rules.h"

namespace weft::cp {
namespace {

// Policies of one kind in a mesh that are compared for values that override each other. A write waits for this, and
// sorting thousands costs more than storing one.
constexpr size_t kMostCompared = 256;

std::string in_words(const google::protobuf::Map<std::string, std::string>& labels) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : labels) pairs.push_back(cat(key, ": ", value));
  std::sort(pairs.begin(), pairs.end());
  return cat("{", join(pairs, ", "), "}");
}

std::string about_kind(const std::string& type) {
  const PolicyKind* kind = find_policy_kind(type);
  if (kind != nullptr && kind->is_enforced()) return {};
  return cat(type, " is kept and shown, but weft-proxy does not act on it yet");
}

std::string about_proxies(const World& world, const PolicyResource& policy) {
  if (policy.spec.target_ref().kind() != "Dataplane") return {};
  bool labels_fit = false;
  for (const auto& [name, resource] : *world.table("Dataplane", policy.meta.mesh)) {
    const DataplaneViewPtr dataplane = view_dataplane(resource);
    if (dataplane == nullptr) continue;
    if (select(policy, dataplane->proxy, Shadow::kInclude).applies) return {};
    labels_fit = labels_fit || has_labels(resource->labels, policy.spec.target_ref().labels());
  }
  const v1::TargetRef& ref = policy.spec.target_ref();
  if (labels_fit && !ref.section_name().empty()) {
    return cat("spec.targetRef: no selected Dataplane has an inbound '", ref.section_name(),
               "': the policy applies to nothing yet");
  }
  return cat("spec.targetRef: no Dataplane of mesh '", policy.meta.mesh, "' fits ", in_words(ref.labels()),
             ": the policy applies to nothing yet");
}

std::string about_destination(const World& world, const PolicyResource& policy, int index) {
  const v1::TargetRef& ref = policy.spec.to_target(index);
  if (ref.kind() == "Mesh") return {};
  bool labels_fit = false;
  for (const auto& [name, resource] : *world.table(ref.kind(), policy.meta.mesh)) {
    if (!has_labels(resource->labels, ref.labels())) continue;
    labels_fit = true;
    const ServiceViewPtr service = view_service(resource);
    if (service == nullptr || names_resource(ref, service->target)) return {};
  }
  if (labels_fit) {
    return cat("spec.to[", index, "].targetRef: no selected ", ref.kind(), " has a port '", ref.section_name(),
               "' (a port with a name goes by its name, not by its number): the item applies to nothing yet");
  }
  return cat("spec.to[", index, "].targetRef: no ", ref.kind(), " of mesh '", policy.meta.mesh, "' carries the labels ",
             in_words(ref.labels()), ": the item applies to nothing yet");
}

}  // namespace

std::vector<std::string> policy_warnings(const World& world, const Resource& resource) {
  std::vector<std::string> warnings;
  const PolicyPtr policy = view_policy(std::make_shared<const Resource>(resource));
  if (policy == nullptr) return warnings;
  const auto add = [&](std::string warning) {
    if (!warning.empty()) warnings.push_back(std::move(warning));
  };
  add(about_kind(resource.key.type));
  const PolicyKind* kind = find_policy_kind(resource.key.type);
  if (kind != nullptr && kind->remark != nullptr) kind->remark(policy->spec.message(), warnings);
  if (policy->meta.shadow) add("label kuma.io/effect is shadow: the policy can be inspected and changes nothing");
  add(about_proxies(world, *policy));
  for (int i = 0; i < policy->spec.to_size(); ++i) add(about_destination(world, *policy, i));
  const auto table = world.table(resource.key.type, resource.key.mesh);
  if (table->size() > kMostCompared) return warnings;
  std::vector<PolicyPtr> others;
  for (const auto& [name, other] : *table) others.push_back(view_policy(other));
  for (std::string& sentence : overridden_values(policy, others)) add(std::move(sentence));
  return warnings;
}

}  // namespace weft::cp
