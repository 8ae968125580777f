// Which columns a list of resources has, by type: one table list, and a form for every type that is not in it. Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/table.h"

namespace weft::ctl {

std::string resource_table(const Kind& kind, const std::vector<Node>& items, UtcSeconds now);

// "kuma.io/workload=web version=v1,v2": labels and gateway tags, sorted. `networking` may be null.
std::string tags_text(const Node& resource, const Node* networking);

UtcSeconds current_time();

}  // namespace weft::ctl
