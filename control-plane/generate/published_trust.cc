#include "control-plane/generate/published_trust.h"

#include <algorithm>
#include <utility>

#include "control-plane/identity/mesh_authority.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/labels.h"
#include "policies/policy_resource.h"

namespace weft::cp {
namespace {

using TrustDraft = Draft<v1::MeshTrust, v1::MeshTrustStatus>;

bool holds(const v1::MeshTrust& trust, const std::string& certificate_pem) {
  return std::any_of(trust.ca_bundles().begin(), trust.ca_bundles().end(),
                     [&](const auto& bundle) { return holds_certificate(bundle.pem().value(), certificate_pem); });
}

}  // namespace

PublishedTrust::PublishedTrust(const World& world, const Place& place, const Resource& identity,
                               const std::string& domain) {
  const ResourceKey key{"MeshTrust", identity.key.mesh, identity.key.name};
  if (const ResourcePtr stored = world.find(key); stored != nullptr) {
    draft_ = TrustDraft::of(stored);
    return;
  }
  draft_.key = key;
  draft_.spec.set_trust_domain(domain);
  draft_.labels = computed_labels(*find_kind("MeshTrust"), key, {}, place, &draft_.spec);
  draft_.status.mutable_origin()->set_kri(kri(identity));
}

void PublishedTrust::add(const std::string& certificate_pem) {
  if (holds(draft_.spec, certificate_pem)) return;
  v1::MeshTrust::CaBundle& bundle = *draft_.spec.add_ca_bundles();
  bundle.set_type("Pem");
  bundle.mutable_pem()->set_value(certificate_pem);
}

void PublishedTrust::drop(uint64_t authority) {
  v1::MeshTrust left = draft_.spec;
  left.clear_ca_bundles();
  for (const v1::MeshTrust::CaBundle& bundle : draft_.spec.ca_bundles()) {
    const std::string rest = bundle_without(bundle.pem().value(), authority);
    if (rest.empty()) continue;
    v1::MeshTrust::CaBundle& kept = *left.add_ca_bundles();
    kept = bundle;
    // What is left as it was keeps its author's spelling.
    if (rest != bundle_without(bundle.pem().value(), 0)) kept.mutable_pem()->set_value(rest);
  }
  draft_.spec = std::move(left);
}

std::optional<Write> PublishedTrust::write() && {
  // Nobody believed is not what a MeshTrust can say.
  if (draft_.spec.ca_bundles().empty()) return std::nullopt;
  return std::move(draft_).write();
}

bool is_believed(const World& world, const std::string& mesh, const std::string& certificate_pem) {
  const auto trusts = world.table("MeshTrust", mesh);
  return std::any_of(trusts->begin(), trusts->end(), [&](const auto& entry) {
    const auto* trust = google::protobuf::DynamicCastToGenerated<const v1::MeshTrust>(entry.second->spec.get());
    return trust != nullptr && holds(*trust, certificate_pem);
  });
}

uint64_t trust_revision(const World& world, const std::string& mesh) {
  uint64_t newest = 0;
  for (const auto& [name, trust] : *world.table("MeshTrust", mesh)) newest = std::max(newest, trust->revision);
  return newest;
}

}  // namespace weft::cp
