// Where what arrives at a listener goes: its own destination, and what its server names lead to. For the snapshot
// builder; what is as it was in `old`, the listener of the last snapshot (or null), is used again. Control thread.
#pragma once

#include <map>
#include <memory>
#include <string_view>

#include "proxy/config/decode.h"
#include "proxy/config/slots.h"
#include "proxy/route/server_names.h"

namespace weft::proxy {

// By their own name, those that can be used.
using Destinations = std::map<std::string_view, std::shared_ptr<const Destination>>;

// Null: it cannot be used. Without routes: there is none, only names lead somewhere.
std::shared_ptr<const Destination> own_destination(const DecodedListener& from, const Destinations& destinations,
                                                   DestinationNumbers& numbers, const Listener* old);

// Null: there are none.
std::shared_ptr<const ServerNames> compile_server_names(const DecodedListener& from, const Destinations& destinations,
                                                        const Listener* old);

}  // namespace weft::proxy
