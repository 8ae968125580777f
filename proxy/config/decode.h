// One item's payload into the parts of a snapshot, checked: everything that can be said of an item without looking at
// another one. References to other items stay names; the snapshot builder resolves them. Pure functions, control
// thread. An error is a sentence that names the field; the item is then refused with it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proxy/config/shared_policies.h"
#include "proxy/config/slots.h"
#include "proxy/route/route.h"

namespace weft::proxy {

// Where one server name, or wildcard, leads.
struct DecodedServerName {
  std::string name;
  std::string destination;
};

struct DecodedListener {
  std::string name;
  Direction direction = Direction::kOutbound;
  std::string address;
  uint16_t port = 0;
  std::string destination;  // empty: only server names lead somewhere
  std::vector<DecodedServerName> server_names;
};
using DecodedListeners = std::vector<DecodedListener>;

struct DecodedDestination {
  Destination shape;  // complete but for the endpoint sets of its backends (null) and its counters' number
  std::vector<std::vector<std::string>> endpoint_sets;  // by route, by backend
};

Result<DecodedListeners> decode_listeners(std::string_view payload);

Result<DecodedDestination> decode_destination(std::string_view name, std::string_view payload,
                                              SharedPolicies& policies);

struct DecodedEndpoints {
  // Keeps its addresses' slots leased for as long as it lives.
  std::shared_ptr<const EndpointSet> set;
  // The item says how its instances are spoken to with TLS, whether `set` does or not.
  bool offers_tls = false;
};

// `with_tls`: the proxy's identity counts, so that what the item says of TLS holds. `usage`: of the set's version until
// now, or a new one.
Result<DecodedEndpoints> decode_endpoints(std::string_view name, std::string_view payload, AddressSlots& slots,
                                          bool with_tls, std::shared_ptr<Usage> usage);

}  // namespace weft::proxy
