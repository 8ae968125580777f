// The certificates in a PEM text, as bytes. Says nothing of what they certify. Pure function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::cp {

// DER of each CERTIFICATE block, in the order of the text; what stands between blocks is skipped, and so is a block
// that does not hold exactly one ASN.1 sequence.
std::vector<std::string> pem_certificates(std::string_view text);

}  // namespace weft::cp
