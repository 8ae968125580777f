// The items that say who a proxy is and whom it believes, checked. What is not understood to the last field is refused:
// a newer control plane may have meant a restriction by it. Pure functions, control thread; an error is a sentence that
// names the field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "policies/plan.h"
#include "proxy/tls/certificate.h"
#include "weft/v1/config_item.pb.h"

namespace weft::proxy {

struct DecodedIdentity {
  std::string spiffe_id;
  std::string source;  // KRI of the MeshIdentity
  uint64_t issuer = 0;
  int64_t lifetime_seconds = 0;
  TlsRule own_connections;
};

Result<DecodedIdentity> decode_identity(std::string_view payload);
Result<TrustBundle> decode_trust(std::string_view name, std::string_view payload);
Result<PeerNames> decode_peer(const v1::PeerTls& peer);

}  // namespace weft::proxy
