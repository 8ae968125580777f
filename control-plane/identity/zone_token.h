// Zone tokens: what a zone's control plane or zone proxy shows to the global one. Pure functions, any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"
#include "control-plane/identity/signing_key.h"

namespace weft::cp {

struct ZoneToken {
  std::string zone;
  std::vector<std::string> scope;
  std::string id;  // jti; drawn when empty
};

Result<std::string> issue_zone_token(ZoneToken token, std::chrono::seconds valid_for, const KeyRing& keys,
                                     std::chrono::sys_seconds now);

}  // namespace weft::cp
