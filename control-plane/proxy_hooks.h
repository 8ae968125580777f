// Proxies joined to the API: how far they are, and what they are asked over their streams. Without state of its own.
#pragma once

#include "control-plane/serve/delivery_thread.h"
#include "control-plane/source/api_server.h"

namespace weft::cp {

// `delivery` must outlive the API.
void add_proxy_hooks(ApiHooks& hooks, DeliveryThread& delivery);

}  // namespace weft::cp
