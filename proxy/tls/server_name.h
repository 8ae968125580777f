// The names that clients of TLS ask for (SNI, RFC 6066 section 3), in the one form in which they are compared. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weft::proxy {

// In lower case and without a dot at the end. Empty: no host name, or an address. Underscores are taken: they are in
// use.
std::string server_name(std::string_view text);

}  // namespace weft::proxy
