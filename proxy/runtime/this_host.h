// Connections that never leave this machine, as those between a sidecar and its application: nothing is lost on their
// way and nothing congested. Where the system's choice is BBR, its pacing costs as much again as moving a long body
// does. Any thread.
#pragma once

#include <sys/socket.h>

namespace weft::proxy {

// A loopback address.
bool is_this_host(const sockaddr* address);

// Of a connection to or from is_this_host(), or of a listening socket for all it accepts.
void send_without_pacing(int descriptor);

}  // namespace weft::proxy
