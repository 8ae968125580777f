// Numbers that may be written as an integer or as text ("12.5"), and the checks that several kinds make of numbers.
// Pure functions, any thread.
#pragma once

#include <optional>
#include <string>

#include "policies/violations.h"
#include "weft/v1/common.pb.h"

namespace weft {

// Nothing when the text is no decimal number.
std::optional<double> decimal(const v1::IntOrString& value);

// 0 to 100, decimals allowed.
void check_percentage(const v1::IntOrString& value, const std::string& field, Violations& violations);
// 0 to 100.
void check_percentage(int64_t value, const std::string& field, Violations& violations);
// 100 to 599.
void check_status(int64_t status, const std::string& field, Violations& violations);

}  // namespace weft
