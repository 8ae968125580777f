// What a connected proxy is known to hold of identity: which trust and which identity it confirmed, and the certificate
// it shows. What a rotation waits for, and what `inspect identities` shows. Plain data; made by Delivery::holders().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "control-plane/resource/resource.h"
#include "weft/v1/config_service.pb.h"

namespace weft::cp {

struct IdentityHolder {
  ResourceKey dataplane;
  // Every change up to this revision of the store is active there, apart from items it refused.
  uint64_t active_revision = 0;
  // By trust domain: hash of the TRUST item it runs on, and of the one it is meant to run on. Equal maps: it believes
  // whom it should.
  std::map<std::string, uint64_t> trusts, wanted_trusts;
  // The same of its IDENTITY item; 0: none.
  uint64_t identity = 0, wanted_identity = 0;
  // As the proxy reported it last; nullopt: it shows none.
  std::optional<v1::CertificateState> certificate;

  // It confirmed what the store said of trust at `revision`.
  bool believes(uint64_t revision) const { return active_revision >= revision && trusts == wanted_trusts; }
};

}  // namespace weft::cp
