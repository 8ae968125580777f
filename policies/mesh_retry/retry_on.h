// The words of `retryOn`: conditions, methods and status codes. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/repeated_field.h>

#include "policies/plan.h"

namespace weft::mesh_retry {

using Words = google::protobuf::RepeatedPtrField<std::string>;

// Is it a word of http.retryOn?
bool is_http_word(std::string_view word);
// Is it a word of grpc.retryOn?
bool is_grpc_word(std::string_view word);

// Sets the conditions of `rule`. An empty list means the default set; a list of methods and codes alone keeps it.
// Unknown words are ignored: validation refused them before.
void apply_http_words(const Words& words, RetryRule& rule);
void apply_grpc_words(const Words& words, RetryRule& rule);

}  // namespace weft::mesh_retry
