#include "policies/decimal.h"

#include <charconv>
#include <cmath>
#include <string_view>

namespace weft {

std::optional<double> decimal(const v1::IntOrString& value) {
  if (value.has_number()) return static_cast<double>(value.number());
  std::string_view text = value.text();
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // "inf" and "nan" are numbers to from_chars.
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

void check_percentage(const v1::IntOrString& value, const std::string& field, Violations& violations) {
  const std::optional<double> number = decimal(value);
  if (!number) return violations.add(field, reason_text::kValidNumber);
  if (*number < 0 || *number > 100) violations.add(field, "must be in inclusive range [0.0, 100.0]");
}

void check_percentage(int64_t value, const std::string& field, Violations& violations) {
  if (value < 0 || value > 100) violations.add(field, "must be in inclusive range [0, 100]");
}

void check_status(int64_t status, const std::string& field, Violations& violations) {
  if (status < 100 || status > 599) violations.add(field, "must be in inclusive range [100, 599]");
}

}  // namespace weft
