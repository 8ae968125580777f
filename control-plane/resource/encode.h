// From a resource to the JSON text of the API: the key order, the shapes and the spelling of values that clients rely
// on. The reverse of decode.h. Pure functions; any thread.
#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "base/document/json_writer.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/resource.h"

namespace weft::cp {

// A whole document: type, mesh, name, times, labels, kri, snis, then the fields (inline) or spec and status.
std::string encode(const Resource& resource, JsonWriter::Style style = JsonWriter::Style::kPretty);
void write_resource(JsonWriter& out, const Resource& resource);
// Only what precedes the fields; `type` is what to call it.
void write_meta(JsonWriter& out, const Resource& resource, std::string_view type);

// The fields of a message as an object. `shape` decides how 64-bit numbers (text when inline) and durations are
// spelled.
void write_message(JsonWriter& out, const google::protobuf::Message& message, v1::Shape shape);
// The same without the braces, into an object that is open.
void write_fields(JsonWriter& out, const google::protobuf::Message& message, v1::Shape shape);
std::string encode_message(const google::protobuf::Message& message, v1::Shape shape = v1::SPEC,
                           JsonWriter::Style style = JsonWriter::Style::kCompact);

}  // namespace weft::cp
