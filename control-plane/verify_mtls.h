// Whether one proxy can talk to another: finds the inbound and the policy that guards it in what the other proxy gets,
// and asks the first proxy to open a connection to it. Without state of its own.
#pragma once

#include "control-plane/serve/delivery_thread.h"
#include "control-plane/source/api_server.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {

// Sets hooks.verify_mtls. Everything must outlive the hooks.
void add_verify_hook(ApiHooks& hooks, DeliveryThread& delivery, const WorldPublisher& worlds);

}  // namespace weft::cp
