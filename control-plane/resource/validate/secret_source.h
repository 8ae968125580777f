// Where a secret text comes from: the block that belongs to the type, and which types a place allows. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "policies/violations.h"
#include "weft/v1/secret_source.pb.h"

namespace weft::cp {

void check_secret_source(const std::string& field, const v1::SecretSource& source,
                         std::span<const std::string_view> allowed_types, Violations& violations);

}  // namespace weft::cp
