// Tables as the CLI prints them: columns as wide as their widest cell plus three spaces. Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace weft::ctl {

using Row = std::vector<std::string>;

// The header, then one line a row. A cell may be painted (terminal.h).
std::string table(const Row& header, const std::vector<Row>& rows);

using UtcSeconds = std::chrono::sys_seconds;
// RFC 3339, "2026-02-01T10:00:00Z"; fractions and offsets are allowed. False when it is no time.
bool parse_time(std::string_view text, UtcSeconds& out);
// "2006-01-02 15:04:05", UTC; "-" when it is no time.
std::string date(std::string_view time);
// "30s", "5m", "2h", "3d", "1y"; "never" when it is no time, "292y" for the zero time.
std::string age(std::string_view time, UtcSeconds now);

}  // namespace weft::ctl
