// One conf out of several: RFC 7396 (JSON merge patch) on messages instead of JSON, by reflection, for every kind
// alike. Objects merge field by field, scalars and lists are replaced when present, lists whose schema says `append`
// are concatenated, those that say `keyed_by` and maps merge by key. Pure functions, any thread.
#pragma once

#include <google/protobuf/message.h>

namespace weft {

// Lays `patch` over `into`; both are of the same type. Absent fields of `patch` change nothing.
void merge_conf(const google::protobuf::Message& patch, google::protobuf::Message& into);

}  // namespace weft
