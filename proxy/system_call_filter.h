// The system calls a proxy makes, as a filter the kernel keeps to for the rest of the process's life: network, files,
// memory and threads are there; programs, other processes, raw packets, kernel interfaces and memory that is both
// writable and executable are not. What is not on the list fails with EPERM. Called once at start, before threads.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <vector>

#include "base/status.h"

namespace weft::proxy {

// For this process; the calls that may be made with any argument come first, so that the kernel decides them without
// running the filter.
std::vector<sock_filter> system_call_filter();

// For every thread there is and will be, and for ever. Needs no_new_privs. Error: this kernel has no such filters.
Status install_filter(std::vector<sock_filter> filter);

}  // namespace weft::proxy
