// What a YAML or JSON text says, before anyone knows what it means: a tree of plain values, each with the line and
// column it stands at. Both readers bound depth and size; neither throws. Plain data; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace weft {

inline constexpr int kMaxDocumentDepth = 64;
// Values that a document may have after its aliases are expanded.
inline constexpr size_t kMaxDocumentNodes = 1'000'000;

// Counted from 1; 0: not known.
struct Mark {
  int line = 0;
  int column = 0;
  bool operator==(const Mark&) const = default;
};

struct Member;

struct Node {
  enum class Kind { kNull, kBool, kNumber, kString, kList, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::string text;             // kString: the value; kNumber: as written, in JSON's form
  std::vector<Node> items;      // kList
  std::vector<Member> members;  // kObject, as written; no key appears twice
  Mark mark;

  bool is_null() const { return kind == Kind::kNull; }
  bool is_object() const { return kind == Kind::kObject; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_number() const { return kind == Kind::kNumber; }
  // The value of a key; null when there is none, or this is no object.
  const Node* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Mark mark;  // of the key
  Node value;
  bool is_repeated = false;  // the key stood before in the same object; what it said there is gone
};

// "object", "array", "string", "number", "boolean", "null".
std::string_view type_name(Node::Kind kind);

// One JSON value. Error: invalid, with line and column.
Result<Node> parse_json(std::string_view text);

// All documents of a YAML text (JSON is YAML too); empty ones are left out. Aliases are expanded and `<<` merges.
// Error: invalid, "line 3, column 7: ...".
Result<std::vector<Node>> parse_yaml(std::string_view text);

// Where the field at `path` ("spec.to[0].default", `labels["a/b"]`) stands; where it is missing, the deepest part of
// the path that is there.
Mark locate(const Node& document, std::string_view path);

// The value at such a path; null when it is not there.
const Node* value_at(const Node& document, std::string_view path);

}  // namespace weft
