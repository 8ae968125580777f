#include "base/duration.h"

#include <cstdint>
#include <limits>

#include "base/text.h"

namespace weft {
namespace {

// Nanoseconds in one of the units Go knows, or 0.
uint64_t unit_nanoseconds(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\xc2\xb5s" || unit == "\xce\xbcs") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60ull * 1'000'000'000;
  if (unit == "h") return 3600ull * 1'000'000'000;
  return 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr uint64_t kLimit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

}  // namespace

Result<Nanoseconds> parse_duration(std::string_view text) {
  const auto bad = [&](std::string_view why) { return invalid(cat("invalid duration \"", text, "\": ", why)); };
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest.empty()) return bad("a number with a unit is expected, such as 5s or 250ms");
  if (rest == "0") return Nanoseconds(0);
  uint64_t total = 0;
  while (!rest.empty()) {
    uint64_t whole = 0;
    double fraction = 0, scale = 1;
    size_t digits = 0;
    for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1), ++digits) {
      if (whole > kLimit / 10) return bad("the number is too large");
      whole = whole * 10 + static_cast<uint64_t>(rest[0] - '0');
    }
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1), ++digits) {
        scale /= 10;
        fraction += scale * (rest[0] - '0');
      }
    }
    if (digits == 0) return bad("a digit is expected");
    size_t length = 0;
    while (length < rest.size() && rest[length] != '.' && !is_digit(rest[length])) ++length;
    if (length == 0) return bad("missing unit (ns, us, ms, s, m, h)");
    const uint64_t unit = unit_nanoseconds(rest.substr(0, length));
    if (unit == 0) return bad(cat("unknown unit \"", rest.substr(0, length), "\" (ns, us, ms, s, m, h)"));
    rest.remove_prefix(length);
    if (whole > kLimit / unit) return bad("the number is too large");
    total += whole * unit + static_cast<uint64_t>(fraction * static_cast<double>(unit) + 0.5);
    if (total > kLimit) return bad("the number is too large");
  }
  const auto value = static_cast<int64_t>(total);
  return Nanoseconds(negative ? -value : value);
}

std::string format_duration(Nanoseconds duration) {
  const int64_t signed_count = duration.count();
  if (signed_count == 0) return "0s";
  const bool negative = signed_count < 0;
  const uint64_t count = negative ? 0 - static_cast<uint64_t>(signed_count) : static_cast<uint64_t>(signed_count);
  // value/unit with the fraction's trailing zeros removed.
  const auto decimal = [](uint64_t value, uint64_t unit) {
    std::string out = std::to_string(value / unit);
    uint64_t rest = value % unit;
    if (rest == 0) return out;
    std::string digits;
    for (uint64_t u = unit / 10; u > 0; u /= 10) {
      digits.push_back(static_cast<char>('0' + rest / u));
      rest %= u;
    }
    while (digits.back() == '0') digits.pop_back();
    return out + "." + digits;
  };
  std::string out = negative ? "-" : "";
  if (count < 1'000) return cat(out, count, "ns");
  if (count < 1'000'000) return cat(out, decimal(count, 1'000), "\xc2\xb5s");
  if (count < 1'000'000'000) return cat(out, decimal(count, 1'000'000), "ms");
  const uint64_t hours = count / 3'600'000'000'000ull;
  const uint64_t minutes = count / 60'000'000'000ull % 60;
  const uint64_t below_minute = count % 60'000'000'000ull;
  if (hours > 0) append(out, hours, "h");
  if (hours > 0 || minutes > 0) append(out, minutes, "m");
  return cat(out, decimal(below_minute, 1'000'000'000), "s");
}

}  // namespace weft
