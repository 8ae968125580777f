// What is counted and computed when the API is asked, joined to it: insights and host names as hooks of the REST API.
// Without state of its own.
#pragma once

#include "control-plane/resource/place.h"
#include "control-plane/source/api_server.h"

namespace weft::cp {

// Uses hooks.insight as it is now.
void add_insight_hooks(ApiHooks& hooks, const Place& place);

}  // namespace weft::cp
