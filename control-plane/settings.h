// The settings of the control plane: for each one its path in a file, its environment variable, its flag, its help text
// and the field of Options it sets. A new setting is a field in options.h and a row in settings.cc; options.cc reads,
// checks and prints by this table alone. Plain data, owned by whoever reads options at start.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "control-plane/options.h"

namespace weft::cp {

struct Setting {
  using Words = std::vector<std::string>;
  using Keys = std::vector<PublicKeySetting>;
  // Where it is kept; what lies deeper than Options is reached through a function.
  using Field = std::variant<std::string Options::*, uint16_t Options::*, bool Options::*, Nanoseconds Options::*,
                             Words Options::*, bool& (*)(Options&), Words& (*)(Options&), Keys& (*)(Options&)>;

  std::string_view key;     // path in a file
  const char* environment;  // empty: none
  std::string_view flag;    // empty: none
  std::string_view help;
  Field field;
};

// Neighbours share their sections: print_options() relies on it.
std::span<const Setting> settings();

// Where the setting is in `options`; null: it is of another type.
template <typename T>
T* place(Options& options, const Setting::Field& field) {
  if (const auto* member = std::get_if<T Options::*>(&field)) return &(options.*(*member));
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, Setting::Words>) {
    if (const auto* reach = std::get_if<T& (*)(Options&)>(&field)) return &(*reach)(options);
  }
  return nullptr;
}

}  // namespace weft::cp
