// The configuration a proxy runs on, for people: /config_dump as JSON with every policy decoded, /clusters as text.
// Holds no secrets, because configuration items hold none. Pure functions over the builder's state; control thread.
#pragma once

#include <string>

#include "proxy/config/snapshot_builder.h"

namespace weft::proxy {

// listeners, destinations with their routes and policies, endpoint sets, refusals, each with its hash; identity and
// trust.
std::string config_dump(const Configuration& configuration);
// One line an endpoint: "set::address::weight::n".
std::string clusters_text(const Configuration& configuration);

}  // namespace weft::proxy
