#include "control-plane/engine/identity_index.h"

#include <chrono>
#include <utility>

#include "base/text.h"
#include "control-plane/resource/labels.h"
#include "policies/policy_resource.h"

namespace weft::cp {
namespace {

constexpr std::chrono::hours kDefaultLifetime{120};

// Why a proxy gets no certificate by `identity`; empty: it does.
std::string obstacle(const IdentityView& identity, const Result<std::string>& id) {
  if (!id.ok()) return reason(id.status());
  if (identity.is_spire()) return "certificates of SPIRE are not supported by the proxy";
  if (identity.is_partially_ready) return "it only makes names known, there is no provider of certificates";
  if (!identity.is_bundled() || !identity.is_ready || identity.issuer == 0) return "it is not ready";
  return {};
}

}  // namespace

std::chrono::seconds certificate_lifetime(const v1::MeshIdentity& identity) {
  const google::protobuf::Duration& expiry = identity.provider().bundled().certificate_parameters().expiry();
  return expiry.seconds() > 0 ? std::chrono::seconds(expiry.seconds()) : kDefaultLifetime;
}

ProxyIdentity proxy_identity(const std::vector<IdentityView>& identities, const Labels& dataplane) {
  const IdentityView* best = best_identity(identities, dataplane);
  if (best == nullptr) return {};
  const Result<std::string> id = spiffe_id(*best, dataplane);
  ProxyIdentity identity{.is_selected = true, .name = best->resource->key.name, .source = kri(*best->resource)};
  if (const std::string why = obstacle(*best, id); !why.empty()) {
    identity.missing = cat("no identity by MeshIdentity '", best->resource->display_name(), "': ", why);
    return identity;
  }
  identity.spiffe_id = *id;
  identity.issuer = best->issuer;
  identity.lifetime_seconds = certificate_lifetime(*best->spec).count();
  return identity;
}

bool IdentityIndex::follow(const std::shared_ptr<const World::Table>& table) {
  if (table == table_) return false;
  table_ = table;
  views_.clear();
  ++generation_;
  return true;
}

ProxyIdentity IdentityIndex::identity_of(const Labels& dataplane) {
  if (table_->empty()) return {};
  const std::string_view zone = label_value(dataplane, kZoneLabel);
  auto views = views_.find(zone);
  if (views == views_.end()) views = views_.emplace(zone, identity_views(*table_, zone)).first;
  return proxy_identity(views->second, dataplane);
}

}  // namespace weft::cp
