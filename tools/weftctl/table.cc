#include "tools/weftctl/table.h"

#include <algorithm>

#include "base/text.h"

namespace weft::ctl {
namespace {

constexpr size_t kPadding = 3;

void append_row(const Row& row, const std::vector<size_t>& widths, std::string& out) {
  for (size_t i = 0; i < row.size(); ++i) {
    out += row[i];
    if (i + 1 < row.size()) out.append(widths[i] + kPadding - row[i].size(), ' ');
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
    widths[i] = header[i].size();
    for (const Row& row : rows) widths[i] = std::max(widths[i], row[i].size());
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
  if (!date.ok() || year <= 1) return false;
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

std::string age(std::string_view time, UtcSeconds now) {
  UtcSeconds then;
  if (!parse_time(time, then)) return "never";
  const int64_t seconds = std::max<int64_t>((now - then).count(), 0);
  if (seconds < 60) return cat(seconds, "s");
  if (seconds < 3600) return cat(seconds / 60, "m");
  if (seconds < 86400) return cat(seconds / 3600, "h");
  if (seconds < 365 * 86400) return cat(seconds / 86400, "d");
  return cat(seconds / (365 * 86400), "y");
}

}  // namespace weft::ctl
