// Base64 with the URL alphabet and without padding (RFC 4648 section 5), as JSON web tokens use it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::cp {

std::string base64url_encode(std::string_view bytes);
// Nothing when a character does not belong, padding is there, or left-over bits are not zero.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace weft::cp
