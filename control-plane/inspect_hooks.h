// What the API shows of policies and dataplanes, joined to it: the engine's functions of the World as hooks of the REST
// API. Without state of its own.
#pragma once

#include "control-plane/source/api_server.h"

namespace weft::cp {

void add_inspect_hooks(ApiHooks& hooks);

}  // namespace weft::cp
