// What a proxy gets, as a JSON document a person can read, and what shadow policies would change in it. Pure functions;
// any thread.
#pragma once

#include <string>

#include "base/document/document.h"
#include "base/status.h"
#include "control-plane/engine/compiled_item.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// {"xds": {listeners, destinations, endpointSets}} and, `with_difference`, "diff": how to get from what the proxy runs
// on to that (RFC 6902). Error: not_found when there is no such Dataplane.
Result<std::string> config_document(const World& world, const ResourceKey& dataplane, bool shadow,
                                    bool with_difference);

// One item a key, by type and name.
Node config_tree(const ProxyItems& items);

// The operations of a JSON patch (RFC 6902) as a list: add, remove and replace with JSON pointers.
Node json_patch(const Node& before, const Node& after);

}  // namespace weft::cp
