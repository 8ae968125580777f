// Durations as users write them: Go syntax ("5s", "1h30m", "250ms", "1.5s"; a sign and a bare "0" are allowed).
// Arithmetic is whole nanoseconds. Pure functions, any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft {

using Nanoseconds = std::chrono::nanoseconds;

// Units: ns, us, µs (U+00B5 or U+03BC), ms, s, m, h. Error: names the text and what is wrong with it.
Result<Nanoseconds> parse_duration(std::string_view text);

// Normalised as Go prints it: 90 s -> "1m30s", 1,200 s -> "20m0s", 1.5 ms -> "1.5ms", zero -> "0s".
std::string format_duration(Nanoseconds duration);

}  // namespace weft
