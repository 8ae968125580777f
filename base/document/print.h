// A tree as text again, keys in the order of the tree, numbers as they were written. Pure functions.
#pragma once

#include <string>

#include "base/document/document.h"

namespace weft {

// One line.
std::string compact_json(const Node& node);
// As the API prints it, one space of indentation a level; ends with a line end.
std::string pretty_json(const Node& node);
// Block style, two spaces a level; ends with a line end. Texts that would read back as something else are quoted.
std::string yaml_text(const Node& node);

}  // namespace weft
