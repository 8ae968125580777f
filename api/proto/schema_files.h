// All .proto files of the folder, generated. Naming each file's table here is what links it: a static library drops
// what nothing refers to, but a schema that no code names must be known to
// google::protobuf::DescriptorPool::generated_pool() all the same.
#pragma once

#include <span>

namespace weft::v1 {

struct SchemaFile {
  const char* name;   // "weft/v1/mesh.proto"
  const void* table;  // the generated code's own; only its address counts
};

std::span<const SchemaFile> schema_files();

}  // namespace weft::v1
