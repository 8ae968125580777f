// How resources may be called. Messages are the contract's. Pure functions.
#pragma once

#include <string_view>

#include "control-plane/resource/kind.h"
#include "policies/violations.h"

namespace weft::cp {

inline constexpr size_t kMaxNameLength = 253;

// RFC 1123 subdomain: labels of a-z 0-9 and -, joined by dots; at most 253.
bool is_dns_subdomain(std::string_view text);
// RFC 1035 label: a-z first, then a-z 0-9 and -, no - at the end; at most 63.
bool is_dns_label(std::string_view text);
// What is wrong with a text that is no DNS label.
std::string_view dns_label_rule();

// The rules for every resource: field "name", and "mesh" when the kind belongs to one.
void check_name(std::string_view name, Violations& violations);
void check_mesh_name(std::string_view mesh, Violations& violations);
// The stricter rules of some kinds (services, meshes).
void check_strict_name(const Kind& kind, std::string_view name, Violations& violations);

}  // namespace weft::cp
