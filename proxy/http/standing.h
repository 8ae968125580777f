// Whether who is connected may stay, whatever protocol it speaks. Asked before each request and when a connection is
// nudged; worker's thread only.
#pragma once

#include "proxy/route/route.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

// The proxy is about to end, and takes in nothing new on this side.
bool is_draining(const Worker& worker, const Destination& destination);

// What the client proved when it came, or did not have to, is still enough: no authority was dropped, plain traffic is
// still accepted.
bool is_welcome(const Worker& worker, const Destination& destination, const Connection& connection);

}  // namespace weft::proxy
