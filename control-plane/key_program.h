// Runs a program that prints keys and returns what it printed. Neither its output nor its complaints go anywhere else.
// Blocks, for a bounded time.
#pragma once

#include <string>

#include "base/duration.h"
#include "base/status.h"

namespace weft::cp {

// `command`: words separated by spaces; no shell sees it. At most 64 KiB. Error: it could not be started, did not end
// with 0, or not in time (it is killed then); says which, and nothing of what it printed.
Result<std::string> output_of(const std::string& command, Nanoseconds timeout);

}  // namespace weft::cp
