// JSON of any shape as a field's value (google.protobuf.Value, google.protobuf.Struct): what an extension is told, what
// a proxy says of itself. Nobody here knows what it means. Pure functions.
#pragma once

#include <google/protobuf/message.h>

#include "base/document/document.h"
#include "base/document/json_writer.h"

namespace weft::cp {

// `out` is a Value or a Struct. False: a Struct was wanted, and this is no object.
bool read_free_form(const Node& node, google::protobuf::Message& out);

// Keys come out sorted, so that the same content is the same text.
void write_free_form(JsonWriter& out, const google::protobuf::Message& message);

}  // namespace weft::cp
