// From a document's tree to a resource: by reflection over the schemas in api/proto, so a new kind needs nothing here.
// Knows both document shapes, fills schema defaults in, drops what the server owns, and reports everything that is
// wrong at once. What the words mean together is not judged here but in validate/. Pure functions; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "base/document/document.h"
#include "base/status.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/resource.h"

namespace weft::cp {

// Something to say about one field of a document.
struct Finding {
  std::string field;   // "spec.to[0].default.http.numRetries"; empty: the document itself
  std::string reason;  // "in body must be of type string: \"number\""
  Mark mark;
  bool operator==(const Finding&) const = default;
};

struct Decoded {
  const Kind* kind = nullptr;  // null: the document's type is missing or unknown (`unreadable` says so)
  ResourceKey key;             // as the document says; parts it leaves out are empty
  Labels labels;
  std::shared_ptr<google::protobuf::Message> spec;  // set when `kind` is

  // What cannot be read at all: a word that is no duration, a negative size. No resource comes out of it.
  std::vector<Finding> unreadable;
  // What the schema forbids.
  std::vector<Finding> violations;
  // Accepted, and worth saying: unknown fields.
  std::vector<Finding> warnings;

  bool ok() const { return unreadable.empty() && violations.empty(); }
};

// Whether a document is held against its schema (types, words, bounds, what must be there, defaults).
enum class SchemaLayer {
  kApplied,
  // Somebody else has done it, or nobody has to: only what cannot be read at all is found, nothing is filled in, and a
  // number in the place of a string is its text.
  kSkipped,
};

// `expected`: the kind that the place of the document calls for (a REST path); null: the document's own `type` decides.
// With `expected`, a document of another type is decoded as `expected` and key.type says what was written.
Decoded decode(const Node& document, const Kind* expected = nullptr, SchemaLayer schema = SchemaLayer::kApplied);

// A message alone, as it stands below "spec" of a document; violations as text in the error. For defaults and tests.
Status decode_message(std::string_view json, google::protobuf::Message& out);

// "unknown field "spec.to[0].default.numRetry", did you mean "numRetries"?" for a warning; field and reason for the
// rest.
std::string sentence(const Finding& finding);

}  // namespace weft::cp
