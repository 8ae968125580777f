// What is kept of a request that was refused for what it is (400, 408, 414, 431, ...): a count at its destination, and
// in the log who sent it. Worker's thread only.
#pragma once

#include <string_view>

#include "proxy/http/client_end.h"
#include "proxy/http/error_reply.h"
#include "proxy/route/route.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

// A request whose head is none; all others an Exchange counts.
void count_refused(Worker& worker, const Listener& listener, const ErrorReply& error);

// A line a second at most, with the first peer of that second.
void log_refused(Worker& worker, const Caller& caller, std::string_view address, const ErrorReply& error);

}  // namespace weft::proxy
