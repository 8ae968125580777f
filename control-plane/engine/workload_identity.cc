#include "control-plane/engine/workload_identity.h"

#include <charconv>
#include <utility>

#include "base/spiffe_id.h"
#include "base/text.h"
#include "control-plane/resource/labels.h"
#include "policies/policy_resource.h"

namespace weft::cp {
namespace {

constexpr std::string_view kDefaultTrustDomain = "{{ .Mesh }}.{{ .Zone }}.mesh.local";
constexpr std::string_view kDefaultPath = "/workload/{{ .Workload }}";
constexpr std::string_view kServiceAccountLabel = "k8s.kuma.io/service-account";

void read_status(const Resource& identity, IdentityView& view) {
  const auto* status = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentityStatus>(identity.status.get());
  if (status == nullptr) return;
  for (const v1::Condition& condition : status->conditions()) {
    if (condition.type() != "Ready") continue;
    view.is_ready = condition.status() == "True";
    view.is_partially_ready = condition.reason() == "PartiallyReady";
  }
  const std::string& issuer = status->issuer();
  const auto read = std::from_chars(issuer.data(), issuer.data() + issuer.size(), view.issuer, 16);
  view.is_ready = view.is_ready || (read.ec == std::errc() && view.is_bundled());
}

}  // namespace

Result<std::string> trust_domain_of(const v1::MeshIdentity& spec, const Resource& resource, std::string_view zone) {
  const bool own = spec.spiffe_id().has_trust_domain();
  const Result<NameTemplate> name = NameTemplate::parse(own ? spec.spiffe_id().trust_domain() : kDefaultTrustDomain);
  if (!name.ok()) return name.status();
  const std::string_view own_zone = label_value(resource.labels, kZoneLabel);
  const NameTemplate::Field fields[] = {{"Mesh", resource.key.mesh}, {"Zone", own_zone.empty() ? zone : own_zone}};
  Result<std::string> domain = name->render(fields, resource.labels);
  if (domain.ok() && !is_trust_domain(*domain)) {
    return invalid(cat("\"", *domain, "\" is not a trust domain (a-z, 0-9, '.', '-', '_')"));
  }
  return domain;
}

std::vector<IdentityView> identity_views(const World::Table& identities, std::string_view zone) {
  std::vector<IdentityView> views;
  for (const auto& [name, resource] : identities) {
    const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentity>(resource->spec.get());
    if (spec == nullptr) continue;
    const bool own_path = spec->spiffe_id().has_path();
    views.push_back({.resource = resource,
                     .spec = spec,
                     .trust_domain = trust_domain_of(*spec, *resource, zone),
                     .path = NameTemplate::parse(own_path ? spec->spiffe_id().path() : kDefaultPath)});
    read_status(*resource, views.back());
  }
  return views;
}

bool selects(const IdentityView& identity, const Labels& dataplane) {
  const v1::MeshIdentity& spec = *identity.spec;
  return spec.selector().has_dataplane() && has_labels(dataplane, spec.selector().dataplane().match_labels());
}

const IdentityView* best_identity(const std::vector<IdentityView>& identities, const Labels& dataplane) {
  const IdentityView* best = nullptr;
  const auto labels = [](const IdentityView& view) { return view.spec->selector().dataplane().match_labels_size(); };
  for (const IdentityView& identity : identities) {
    if (selects(identity, dataplane) && (best == nullptr || labels(identity) > labels(*best))) best = &identity;
  }
  return best;
}

Result<std::string> spiffe_id(const IdentityView& identity, const Labels& dataplane) {
  if (!identity.trust_domain.ok()) return identity.trust_domain;
  if (!identity.path.ok()) return identity.path.status();
  const NameTemplate::Field fields[] = {{"TrustDomain", *identity.trust_domain},
                                        {"Namespace", label_value(dataplane, kNamespaceLabel)},
                                        {"ServiceAccount", label_value(dataplane, kServiceAccountLabel)},
                                        {"Workload", label_value(dataplane, kWorkloadLabel)}};
  const Result<std::string> path = identity.path->render(fields, dataplane);
  if (!path.ok()) return path;
  if (!is_spiffe_path(*path)) return invalid(cat("\"", *path, "\" is not the path of a SPIFFE ID"));
  std::string id = cat("spiffe://", *identity.trust_domain, *path);
  if (id.size() > kMaxSpiffeId) return invalid(cat("a SPIFFE ID has at most ", kMaxSpiffeId, " bytes"));
  return id;
}

std::optional<std::string> spiffe_id_of(const World& world, const Resource& dataplane) {
  const std::vector<IdentityView> identities =
      identity_views(*world.table("MeshIdentity", dataplane.key.mesh), label_value(dataplane.labels, kZoneLabel));
  const IdentityView* best = best_identity(identities, dataplane.labels);
  if (best == nullptr || !best->is_ready) return std::nullopt;
  Result<std::string> id = spiffe_id(*best, dataplane.labels);
  return id.ok() ? std::optional(*std::move(id)) : std::nullopt;
}

}  // namespace weft::cp
