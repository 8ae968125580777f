// The newest session with one endpoint, for the next connection to it. Owned by a worker's table of them and by the
// connections that may bring a newer one; worker's thread only.
#pragma once

#include <cstdint>

#include "proxy/tls/server_sessions.h"

namespace weft::proxy {

struct ClientSession {
  SessionPtr session;          // null: none yet
  uint64_t trust_version = 0;  // of the material it was made with
};

}  // namespace weft::proxy
