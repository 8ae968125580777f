// The MeshIdentities of a mesh, ready to be asked who a dataplane is. Followed table by table. Owned by a MeshIndex, on
// its thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/workload_identity.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// Who one proxy is.
struct ProxyIdentity {
  // Some MeshIdentity selects it, whether or not it gets an identity by it: callers are asked for permission.
  bool is_selected = false;
  // Empty: it gets no identity.
  std::string spiffe_id;
  // The MeshIdentity, and its KRI.
  std::string name;
  std::string source;
  uint64_t issuer = 0;
  int64_t lifetime_seconds = 0;
  // Why a proxy that is selected gets none; a sentence for a person.
  std::string missing;
  bool operator==(const ProxyIdentity&) const = default;
};

// Of the certificates that a MeshIdentity issues, 120 h when it does not say.
std::chrono::seconds certificate_lifetime(const v1::MeshIdentity& identity);

// The identity a dataplane has by the one that counts for it.
ProxyIdentity proxy_identity(const std::vector<IdentityView>& identities, const Labels& dataplane);

class IdentityIndex {
 public:
  // Takes over `table` (MeshIdentities); true when it is another one than before.
  bool follow(const std::shared_ptr<const World::Table>& table);
  // Rises with every change.
  uint64_t generation() const { return generation_; }
  ProxyIdentity identity_of(const Labels& dataplane);

 private:
  std::shared_ptr<const World::Table> table_;
  uint64_t generation_ = 0;
  // By the zone of the dataplane, which stands in for that of an identity without one.
  std::map<std::string, std::vector<IdentityView>, std::less<>> views_;
};

}  // namespace weft::cp
