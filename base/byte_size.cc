#include "base/byte_size.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/text.h"

namespace weft {
namespace {

struct Unit {
  std::string_view word;
  double bytes;
};
constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                          {"B", 1},
                                          {"K", 1e3},
                                          {"M", 1e6},
                                          {"G", 1e9},
                                          {"KB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"Ki", 1024},
                                          {"Mi", 1024.0 * 1024},
                                          {"Gi", 1024.0 * 1024 * 1024},
                                          {"KiB", 1024},
                                          {"MiB", 1024.0 * 1024},
                                          {"GiB", 1024.0 * 1024 * 1024}}};
// Exact as a double, and more than any machine has.
constexpr double kMost = 1e15;

}  // namespace

Result<uint64_t> parse_byte_size(std::string_view text) {
  const Status wrong = invalid(cat("\"", text, "\" is not an amount of bytes such as 64Mi or 1.5Gi"));
  const size_t digits = text.find_first_not_of("0123456789.");
  const std::string number(text.substr(0, digits));
  if (number.empty() || number.front() == '.' || number.back() == '.') return wrong;
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0') return wrong;
  const std::string_view word = digits == std::string_view::npos ? std::string_view() : text.substr(digits);
  for (const Unit& unit : kUnits) {
    if (unit.word != word) continue;
    const double bytes = value * unit.bytes;
    if (bytes > kMost) return wrong;
    return static_cast<uint64_t>(std::llround(bytes));
  }
  return wrong;
}

}  // namespace weft
