// Which of several merged confs gave each field of the result: the merge of merge.h again, remembering origins instead
// of values. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

namespace weft {

struct FieldOrigin {
  std::string path;  // "http.requestTimeout", `tags["a"]`, "backends[1]" (of an appended list)
  size_t conf = 0;   // which conf, counted from 0
  bool operator==(const FieldOrigin&) const = default;
};

// `confs` in merge order; null ones say nothing. Sorted by name, level by level. A list that is replaced whole is one
// field, and so is an object with nothing in it.
std::vector<FieldOrigin> field_origins(std::span<const google::protobuf::Message* const> confs);

}  // namespace weft
