// Pieces of JSON that several documents about policies share. Plain functions; any thread.
#pragma once

#include <span>
#include <string_view>

#include "base/document/json_writer.h"
#include "control-plane/resource/encode.h"
#include "control-plane/resource/resource.h"
#include "policies/effective_conf.h"

namespace weft::cp {

// {"labels": {...}, "mesh": ..., "name": ..., "type": ...}
void write_resource_meta(JsonWriter& out, std::string_view type, std::string_view mesh, std::string_view name,
                         const Labels& labels);
void write_resource_meta(JsonWriter& out, const PolicyMeta& meta);

// The policies that contributed, each once, as [{"kri": ...}] under "origins".
void write_origins(JsonWriter& out, std::span<const ConfOrigin> origins);

// One conf as an object; {} when there is none.
void write_conf(JsonWriter& out, const google::protobuf::Message* conf);

}  // namespace weft::cp
