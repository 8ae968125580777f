// From what a person types ("meshretry.to.default.http") to a place in a schema. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/reference/facts.h"
#include "base/document/document.h"
#include "base/status.h"

namespace weft::reference {

struct Place {
  const Kind* kind = nullptr;
  std::string path;                        // "spec.to.default.http"; empty: the whole document
  const FieldDescriptor* field = nullptr;  // null: the document, `spec`, `status`, or a key of every document
  const MetaField* meta = nullptr;         // a key of every document
  const Descriptor* object = nullptr;      // what stands below; null: nothing does
};

// `spec.` may be left out; list positions ("[0]") are ignored. Error: says which word is unknown and what was probably
// meant.
Result<Place> find_place(const Schema& schema, std::string_view words);

// The part of the kind's example at the place (of a list, its first item that has it); null when the example has none.
const Node* example_at(const Node& example, std::string_view path);

}  // namespace weft::reference
