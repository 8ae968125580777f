// MeshTLS: whether mutual TLS is insisted on, its versions and ciphers. See README.md for what users are promised.
#pragma once

#include <string_view>

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_tls_kind();

// What a conf (the bytes of a MeshTLSConf) says; without any conf the default. Error: which field this program does not
// understand.
Result<TlsRule> tls_rule(std::string_view conf);

}  // namespace weft
