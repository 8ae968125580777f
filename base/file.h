// Small files read and replaced whole. A replaced file is either the old one or the new one, at any moment and after a
// crash. Any thread; blocks on the disk.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace weft {

// Error: not_found when there is no such file, otherwise what the system said; both name the path.
Result<std::string> read_file(const std::string& path);

// Writes beside `path`, syncs, renames over it. `mode` holds from the first byte on (0600 for what is secret).
Status write_file(const std::string& path, std::string_view bytes, unsigned mode = 0644);

// Creates the folder and its parents with `mode` if they are not there.
Status make_folder(const std::string& path, unsigned mode = 0755);

}  // namespace weft
