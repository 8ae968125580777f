// Which route of a destination a request takes: the first that matches. Pure functions over an immutable snapshot; any
// thread.
#pragma once

#include <string_view>

#include "proxy/route/route.h"

namespace weft::proxy {

// Whether `prefix` covers `path` by whole segments: "/api" covers "/api", "/api/x" and "/api?x", not "/apix". The empty
// prefix and "/" cover everything, "*" too (OPTIONS *).
bool covers_path(std::string_view prefix, std::string_view path);

// `path` is canonical and carries the query. Null: no route.
const Route* match_route(const Destination& destination, std::string_view path);

}  // namespace weft::proxy
