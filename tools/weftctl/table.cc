#include "tools/weftctl/table.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/text.h"
#include "tools/weftctl/terminal.h"

namespace weft::ctl {
namespace {

constexpr size_t kPadding = 3;
// What fits into 64 bits of nanoseconds, 292 years: how old the contract's clients show what was never written.
constexpr std::chrono::seconds kLongestAge{std::numeric_limits<int64_t>::max() / 1'000'000'000};

void append_row(const Row& row, const std::vector<size_t>& widths, std::string& out) {
  for (size_t i = 0; i < row.size(); ++i) {
    out += row[i];
    if (i + 1 < row.size()) out.append(widths[i] + kPadding - width(row[i]), ' ');
  }
  out += '\n';
}

template <typename Number>
bool take(std::string_view& text, size_t digits, std::string_view after, Number& out) {
  if (text.size() < digits || !parse_number(text.substr(0, digits), out)) return false;
  text.remove_prefix(digits);
  if (after.empty()) return true;
  if (text.empty() || after.find(text[0]) == after.npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string table(const Row& header, const std::vector<Row>& rows) {
  std::vector<size_t> widths(header.size());
  for (size_t i = 0; i < header.size(); ++i) {
    widths[i] = width(header[i]);
    for (const Row& row : rows) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  append_row(header, widths, out);
  for (const Row& row : rows) append_row(row, widths, out);
  return out;
}

bool parse_time(std::string_view text, UtcSeconds& out) {
  int year = 0, minute = 0, second = 0, hour = 0;
  unsigned month = 0, day = 0;
  if (!take(text, 4, "-", year) || !take(text, 2, "-", month) || !take(text, 2, "Tt ", day) ||
      !take(text, 2, ":", hour) || !take(text, 2, ":", minute) || !take(text, 2, "", second)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return false;
  out = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
        std::chrono::seconds(second);
  text.remove_prefix(std::min(text.find_first_of("Zz+-"), text.size()));
  if (text.size() == 6) {  // +02:00
    const int sign = text[0] == '-' ? 1 : -1;
    text.remove_prefix(1);
    if (!take(text, 2, ":", hour) || !take(text, 2, "", minute)) return false;
    out += sign * (std::chrono::hours(hour) + std::chrono::minutes(minute));
  }
  return true;
}

std::string date(std::string_view time) {
  UtcSeconds then;
  if (!parse_time(time, then)) return "-";
  const auto day = std::chrono::floor<std::chrono::days>(then);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(then - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string age(std::string_view time, UtcSeconds now) {
  UtcSeconds then;
  if (!parse_time(time, then)) return "never";
  const int64_t seconds = std::clamp<int64_t>((now - then).count(), 0, kLongestAge.count());
  if (seconds < 60) return cat(seconds, "s");
  if (seconds < 3600) return cat(seconds / 60, "m");
  if (seconds < 86400) return cat(seconds / 3600, "h");
  if (seconds < 365 * 86400) return cat(seconds / 86400, "d");
  return cat(seconds / (365 * 86400), "y");
}

}  // namespace weft::ctl
