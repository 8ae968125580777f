// Amounts of bytes as people write them: "67108864", "64Mi", "64MiB", "1.5Gi", "500M" (powers of ten), "0".
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace weft {

Result<uint64_t> parse_byte_size(std::string_view text);

}  // namespace weft
