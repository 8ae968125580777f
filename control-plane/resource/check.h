// Everything that can be said of a document without asking a store: decoded, its name and labels judged, its fields
// validated. What the CLI does before it sends anything, with the line and column of every finding. Pure functions.
#pragma once

#include <memory>
#include <vector>

#include "control-plane/resource/decode.h"

namespace weft::cp {

struct Checked {
  // Null unless `errors` is empty.
  ResourcePtr resource;
  std::vector<Finding> errors;
  std::vector<Finding> warnings;
};

// `default_mesh` is the mesh of a document that belongs to one and names none.
Checked check_document(const Node& document, std::string_view default_mesh);

}  // namespace weft::cp
