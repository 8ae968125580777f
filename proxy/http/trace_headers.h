// Trace headers that others gave a request: W3C Trace Context, and B3 in its two forms. The proxy carries what is
// valid, drops what is not, and invents none; only a request's identifier is its to give. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace weft::proxy {

// Writes a UUID (version 4), 36 characters; the end of it.
char* write_uuid(Random& random, char* at);

// https://www.w3.org/TR/trace-context/, version 00 or later.
bool valid_traceparent(std::string_view value);

// https://github.com/openzipkin/b3-propagation: "b3", all in one: trace, span, and whether it is sampled and its parent
// if they are known; or the decision alone.
bool valid_b3(std::string_view value);
// Or in pieces, a field each.
enum class B3Part : uint8_t { kTraceId, kSpanId, kParentSpanId, kSampled, kFlags };
// `name`: one of the five, in any case.
B3Part b3_part(std::string_view name);
bool valid_b3_part(B3Part part, std::string_view value);

}  // namespace weft::proxy
