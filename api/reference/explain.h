// The reference as text for a terminal: all kinds, one kind, or one field. Pure functions; any thread.
#pragma once

#include <string>

#include "api/reference/place.h"

namespace weft::reference {

struct TextStyle {
  size_t width = 100;
  bool colour = false;
  // All fields below, not only the next ones.
  bool recursive = false;
};

// Policies first, then the rest; a line each.
std::string explain_kinds(const Schema& schema, const TextStyle& style);
std::string explain(const Place& place, const TextStyle& style);

}  // namespace weft::reference
