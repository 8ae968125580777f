// Waiting until what was written is active on every connected proxy of a mesh, and saying so.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/duration.h"
#include "base/status.h"
#include "tools/weftctl/client.h"

namespace weft::ctl {

// By mesh: the revision of its last write.
using Written = std::map<std::string, uint64_t>;

// "30s" -> the time; error: names --wait.
Result<Nanoseconds> parse_wait(std::string_view text);

// Prints "active on 3/3 proxies after 8 ms" for each mesh. Error: some proxies are late or refused it; they are listed.
Status wait_for_delivery(Client& client, const Written& written, Nanoseconds longest);

}  // namespace weft::ctl
