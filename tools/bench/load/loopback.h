// Sockets on 127.0.0.1 for the load process. Any thread.
#pragma once

#include <cstdint>
#include <utility>

#include "base/status.h"

namespace weft::bench {

// A non-blocking listener and the port it has; port 0 takes a free one.
Result<std::pair<int, uint16_t>> listen_on_loopback(uint16_t port);
// The next connection waiting at a listener, non-blocking, without delay; negative when there is none.
int accept_from(int listener);
// A connection to 127.0.0.1:port, likewise; negative when nobody listens.
int connect_to_loopback(uint16_t port);

}  // namespace weft::bench
