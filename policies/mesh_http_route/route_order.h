// In which order the matches of a destination's routes are tried, and which of them take everything another one would
// take. Pure functions, any thread.
#pragma once

#include "weft/v1/mesh_http_route.pb.h"

namespace weft::mesh_http_route {

// `a` is tried before `b` whatever their policies: with a path before without, exact before prefix before expression,
// the longer before the shorter, then those that say more of method, headers, query. To be used with a stable sort.
bool is_tried_before(const v1::HttpRouteMatch& a, const v1::HttpRouteMatch& b);

// Every request that fits `narrow` fits `wide` too. False where it cannot be told.
bool covers(const v1::HttpRouteMatch& wide, const v1::HttpRouteMatch& narrow);

}  // namespace weft::mesh_http_route
