// The one list of policy kinds, in the order in which a request meets them; each line says why it stands there.
#include <array>

#include "policies/mesh_retry/mesh_retry.h"
#include "policies/mesh_timeout/mesh_timeout.h"
#include "policies/policy.h"

namespace weft {

std::span<const PolicyKind> policy_kinds() {
  static const std::array kKinds = {
      mesh_timeout_kind(),  // first: later kinds may bound what they ask for by the request's deadline
      mesh_retry_kind(),    // after the timeouts, which bound every attempt
  };
  return kKinds;
}

const PolicyKind* find_policy_kind(std::string_view name) {
  for (const PolicyKind& kind : policy_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace weft
