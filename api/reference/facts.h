// What is known of one field: its schema's comment and options in words. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/reference/schema.h"

namespace weft::reference {

struct Facts {
  std::string name;     // as written in a document: "numRetries"
  std::string type;     // "duration", "list of BackendRef", "map of string"
  std::string comment;  // may be empty
  bool required = false;
  bool server_owned = false;
  bool append = false;
  bool empty_counts = false;         // [] is not the same as absence
  bool replaced_whole = false;       // a list of a policy's conf that is not appended
  std::string keyed_by;              // a list that merges entry by entry
  std::vector<std::string> allowed;  // values; empty: any
  std::string schema_default;        // as in a document: "tcp", 1, false
  std::string runtime_default;
  std::string bounds;   // "1 to 65535", "at least 0"
  std::string length;   // of a string, in characters: "1 to 63"
  std::string items;    // of a list: "at least 1"
  std::string pattern;  // RE2

  // Everything but name, type and comment, as sentences.
  std::vector<std::string> sentences() const;
};

// `path`: where the field stands ("spec.to.targetRef.kind"); the kinds a targetRef may name depend on it.
Facts facts_of(const FieldDescriptor& field, const Kind& kind, std::string_view path);

// How a single value of the field is written: "duration", "integer", "TargetRef".
std::string value_type(const FieldDescriptor& field);

// The fields of an object below the field; null when it is written as one word, or is free-form.
const Descriptor* object_of(const FieldDescriptor& field);

// The keys that every document of the kind has beside its fields.
struct MetaField {
  std::string_view name;
  std::string_view type;
  std::string_view comment;
  bool required = false;
  bool server_owned = false;
};
std::vector<MetaField> meta_fields(const Kind& kind);

// Visits every field of `message` and below, parents first; `path` is "spec.to.default". A type that contains itself is
// not entered again.
template <typename Visit>
void walk_fields(const Descriptor& message, const std::string& path, const Visit& visit,
                 std::vector<const Descriptor*> inside = {}) {
  for (const Descriptor* outer : inside) {
    if (outer == &message) return;
  }
  inside.push_back(&message);
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string below = path.empty() ? field.json_name() : path + "." + field.json_name();
    visit(field, below);
    if (const Descriptor* object = object_of(field)) walk_fields(*object, below, visit, inside);
  }
}

}  // namespace weft::reference
