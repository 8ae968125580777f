// The last of a connection that is refused and was told why. Closing while bytes of its client are unread would reset
// it, and take the last word along. Worker's thread only.
#pragma once

#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

// A refused client gets so long to read why.
inline constexpr std::chrono::seconds kFarewell{1};

// After the last word was written: says that nothing follows and drops what still comes, within bounds.
Task<void> farewell(EventLoop& loop, Connection& connection);

}  // namespace weft::proxy
