// What names a destination outside the mesh: an address, a range of addresses, a DNS name. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace weft::mesh_passthrough {

// "10.0.0.1", "fd00::1".
bool is_ip(const std::string& text);
// "10.0.0.0/8", "fd00::/64".
bool is_cidr(const std::string& text);
// "example.com", also with underscores, and with a dot at the end; no address.
bool is_dns_name(std::string_view text);

}  // namespace weft::mesh_passthrough
