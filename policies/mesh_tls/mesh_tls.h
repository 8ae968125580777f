// MeshTLS: whether mutual TLS is insisted on, its versions and ciphers. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_tls_kind();

}  // namespace weft
