#include "control-plane/engine/service_status.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "control-plane/resource/labels.h"
#include "policies/policy_resource.h"
#include "weft/v1/mesh_trust.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;

std::string tls_status(const std::vector<InstancePtr>& instances, const IdentityFacts& facts,
                       const v1::MeshServiceStatus& before) {
  if (!facts.any()) return "NotReady";
  // Clients speak TLS from then on: an instance that is just starting must not make them go back.
  if (before.tls().status() == "Ready") return "Ready";
  const bool all = std::all_of(instances.begin(), instances.end(), [&](const InstancePtr& instance) {
    return facts.is_vouched_for(instance->resource->labels);
  });
  return all ? "Ready" : "NotReady";
}

template <typename Status>
void add_vips(const Status& status, std::vector<std::string>& out) {
  for (const v1::Vip& vip : status.vips()) out.push_back(vip.ip());
}

}  // namespace

IdentityFacts::IdentityFacts(const World::Table& identities, const World::Table& trusts, std::string_view zone)
    : identities_(identity_views(identities, zone)) {
  for (const auto& [name, resource] : trusts) {
    const auto* trust = DynamicCastToGenerated<const v1::MeshTrust>(resource->spec.get());
    if (trust != nullptr) trusted_domains_.insert(trust->trust_domain());
  }
}

bool IdentityFacts::is_vouched_for(const Labels& dataplane) const {
  const IdentityView* best = best_identity(identities_, dataplane);
  if (best == nullptr || !best->is_ready) return false;
  // SPIRE brings its own trust to the proxies.
  return best->is_spire() || (best->trust_domain.ok() && trusted_domains_.contains(*best->trust_domain));
}

void IdentityFacts::add_ids(const Labels& dataplane, std::set<std::string>& ids) const {
  for (const IdentityView& identity : identities_) {
    if (!identity.is_ready && !identity.is_partially_ready) continue;
    if (!selects(identity, dataplane)) continue;
    if (Result<std::string> id = spiffe_id(identity, dataplane); id.ok()) ids.insert(*std::move(id));
  }
}

bool is_local(const Labels& labels) {
  const std::string_view origin = label_value(labels, kOriginLabel);
  return origin.empty() || origin == "zone";
}

void describe(const std::vector<InstancePtr>& instances, const IdentityFacts& facts, MeshServiceDraft& service) {
  const bool available = std::any_of(instances.begin(), instances.end(),
                                     [&](const InstancePtr& instance) { return is_healthy(*instance, service.spec); });
  service.spec.set_state(available ? "Available" : "Unavailable");
  std::set<std::string> ids;
  for (const InstancePtr& instance : instances) facts.add_ids(instance->resource->labels, ids);
  service.spec.clear_identities();
  for (const std::string& id : ids) {
    v1::MeshService::Identity& identity = *service.spec.add_identities();
    identity.set_type("SpiffeID");
    identity.set_value(id);
  }
  service.status.mutable_tls()->set_status(tls_status(instances, facts, service.status));
}

void match_members(const MeshServiceDrafts& services, MeshMultiZoneServiceDraft& service) {
  using Member = v1::MeshMultiZoneServiceStatus::MatchedMeshService;
  const auto& wanted = service.spec.selector().mesh_service().match_labels();
  std::vector<Member> members;
  for (const auto& [name, candidate] : services) {
    if (candidate.unwanted || wanted.empty() || !has_labels(candidate.labels, wanted)) continue;
    Member& member = members.emplace_back();
    const std::string_view display = label_value(candidate.labels, kDisplayNameLabel);
    member.set_name(std::string(display.empty() ? std::string_view(name) : display));
    member.set_namespace_(std::string(label_value(candidate.labels, kNamespaceLabel)));
    member.set_zone(std::string(label_value(candidate.labels, kZoneLabel)));
    member.set_mesh(candidate.key.mesh);
  }
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return std::tie(a.name(), a.namespace_(), a.zone()) < std::tie(b.name(), b.namespace_(), b.zone());
  });
  service.status.mutable_mesh_services()->Assign(members.begin(), members.end());
  service.status.clear_conditions();
  v1::Condition& condition = *service.status.add_conditions();
  condition.set_type("MeshServicesMatched");
  condition.set_status(members.empty() ? "False" : "True");
  condition.set_reason(members.empty() ? "NoMatchesFound" : "MatchesFound");
  condition.set_message("");
}

std::vector<std::string> vips_of(const Resource& service) {
  std::vector<std::string> vips;
  const google::protobuf::Message* status = service.status.get();
  if (const auto* local = DynamicCastToGenerated<const v1::MeshServiceStatus>(status)) add_vips(*local, vips);
  if (const auto* many = DynamicCastToGenerated<const v1::MeshMultiZoneServiceStatus>(status)) add_vips(*many, vips);
  const auto* external = DynamicCastToGenerated<const v1::MeshExternalServiceStatus>(status);
  if (external != nullptr && has_vip(*external)) vips.push_back(external->vip().ip());
  return vips;
}

bool has_vip(const v1::MeshServiceStatus& status) { return status.vips_size() > 0; }
bool has_vip(const v1::MeshMultiZoneServiceStatus& status) { return status.vips_size() > 0; }
bool has_vip(const v1::MeshExternalServiceStatus& status) { return !status.vip().ip().empty(); }
void set_vip(const std::string& vip, v1::MeshServiceStatus& status) { status.add_vips()->set_ip(vip); }
void set_vip(const std::string& vip, v1::MeshMultiZoneServiceStatus& status) { status.add_vips()->set_ip(vip); }
void set_vip(const std::string& vip, v1::MeshExternalServiceStatus& status) { status.mutable_vip()->set_ip(vip); }

}  // namespace weft::cp
