// Who a workload is: which MeshIdentity counts for a dataplane, and the SPIFFE ID it comes to. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/name_template.h"
#include "control-plane/resource/resource.h"
#include "control-plane/store/world.h"
#include "weft/v1/mesh_identity.pb.h"

namespace weft::cp {

// A MeshIdentity, ready to be asked.
struct IdentityView {
  ResourcePtr resource;
  const v1::MeshIdentity* spec = nullptr;  // never null
  Result<std::string> trust_domain;
  Result<NameTemplate> path;
  // Its condition Ready holds, or did once: proxies that got certificates do not go back to plain text because no more
  // can be had at the moment.
  bool is_ready = false;
  // Only the names count ("PartiallyReady").
  bool is_partially_ready = false;
  // status.issuer: content_hash of the certificate of the authority that signs; 0: there is none.
  uint64_t issuer = 0;

  bool is_bundled() const { return spec->provider().type() == "Bundled"; }
  bool is_spire() const { return spec->provider().type() == "Spire"; }
};

// By name. `zone` stands for the zone of an identity that carries none.
std::vector<IdentityView> identity_views(const World::Table& identities, std::string_view zone);

bool selects(const IdentityView& identity, const Labels& dataplane);
// The one that counts, whatever its state: most labels, then the smallest name. Null: none selects it.
const IdentityView* best_identity(const std::vector<IdentityView>& identities, const Labels& dataplane);

// "spiffe://default.east.mesh.local/workload/web". Error: why there is none.
Result<std::string> spiffe_id(const IdentityView& identity, const Labels& dataplane);

// The one a dataplane has now, by the identity that counts for it; nullopt: none, or that identity is not ready.
std::optional<std::string> spiffe_id_of(const World& world, const Resource& dataplane);

// The template's value for a MeshIdentity; also what its authority is called.
Result<std::string> trust_domain_of(const v1::MeshIdentity& spec, const Resource& resource, std::string_view zone);

}  // namespace weft::cp
