// The words a schema allows in a string field, for checks that have to hold without the schema layer too: a document
// that Kubernetes has judged by its own copy of the schema reaches the semantic layer alone. Pure functions, any
// thread.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft {

using Words = google::protobuf::RepeatedPtrField<std::string>;

// The schema's one_of of a field of `message`, by the name in the schema.
const Words& allowed_words(const google::protobuf::Message& message, std::string_view field);
bool is_one_of(const Words& words, std::string_view word);
// `"mode" must be one of ["Strict", "Permissive"]`
std::string must_be_one_of(std::string_view name, const Words& words);

}  // namespace weft
