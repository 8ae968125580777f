// One conf out of several: RFC 7396 (JSON merge patch) on messages instead of JSON, by reflection, for every kind
// alike. Objects merge field by field, scalars and lists are replaced when present, lists whose schema says `append`
// are concatenated, those that say `keyed_by` and maps merge by key. Pure functions, any thread.
#pragma once

#include <string>

#include <google/protobuf/message.h>

namespace weft {

// Lays `patch` over `into`; both are of the same type. Absent fields of `patch` change nothing.
void merge_conf(const google::protobuf::Message& patch, google::protobuf::Message& into);

// Messages that users write as one value ("5s", "50%"): a merge replaces them whole.
bool is_written_as_scalar(const google::protobuf::Descriptor& type);
// What tells two entries of a list that merges by the field `keyed_by` apart.
std::string entry_key(const google::protobuf::Message& entry, const std::string& keyed_by);

}  // namespace weft
