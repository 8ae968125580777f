// What a request can meet, compiled: listeners lead to destinations, destinations hold routes, routes hold policies and
// an endpoint set. Everything here is immutable after the snapshot builder made it and is shared by all workers;
// unchanged parts are shared between consecutive snapshots by pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/chain.h"
#include "policies/plan.h"
#include "proxy/route/socket_address.h"
#include "proxy/route/usage.h"
#include "proxy/tls/certificate.h"

namespace weft::proxy {

class HashTables;
class OutlierBoard;
class ServerNames;

enum class Direction : uint8_t { kInbound, kOutbound };
enum class Protocol : uint8_t { kTcp, kHttp1, kHttp2, kGrpc };

// One instance, dialled at `address`. Small: a proxy knows thousands of them and calls few.
struct Endpoint {
  SocketAddress address;
  uint32_t weight = 1;
  // Dense process-wide number of this address and who answers there: the index of its connection pool on every worker.
  // The same pair keeps its slot from snapshot to snapshot.
  uint32_t slot = 0;
  // Which of those who had this slot one after the other it is.
  uint32_t tenant = 0;
};

// Endpoints [begin, end) of a set, which are equally near.
struct Locality {
  std::string name;
  uint32_t priority = 0;  // 0 first
  uint32_t weight = 1;    // among those of its priority
  uint32_t begin = 0;
  uint32_t end = 0;
};

// Rises with every call, over all threads.
uint64_t next_set_number();

struct EndpointSet {
  std::string name;
  // Of this object in this process; what a worker knows about a set is kept by it.
  uint64_t number = next_set_number();
  std::vector<Endpoint> endpoints;
  // In the order of their priorities, which are dense; they cover `endpoints`. None: one group of priority 0.
  std::vector<Locality> localities;
  uint32_t overprovisioning_percent = 140;
  // Who answers there, for a proxy that has an identity. Null: they are spoken to without TLS.
  std::shared_ptr<const PeerNames> tls;
  // Goes on with the next version of the set. Never null.
  std::shared_ptr<Usage> usage = std::make_shared<Usage>();
};

struct Backend {
  std::shared_ptr<const EndpointSet> endpoints;  // never null; may be empty
  uint32_t weight = 1;
  std::shared_ptr<const HashTables> tables = nullptr;      // where the plan asks for ring hash or Maglev; else null
  std::shared_ptr<const OutlierBoard> outliers = nullptr;  // where it leaves out who fails; else null
};

struct Route {
  std::string name;               // KRI
  std::string path_prefix;        // by segment; empty: every path
  Plan plan;                      // what the policies said in prepare()
  PolicyChain policies;           // owns them; asks those that judge or observe
  std::vector<Backend> backends;  // never empty
};

struct Destination {
  std::string name;  // KRI with section
  Direction direction = Direction::kOutbound;
  Protocol protocol = Protocol::kTcp;
  std::vector<Route> routes;  // tried in order
  ConnectionPlan connection;
  PolicyChain connection_policies;
  // Dense process-wide number of this name: the index of its counters on every worker. Kept from snapshot to snapshot.
  uint32_t counters_slot = 0;
};

struct Listener {
  std::string name;     // "outbound:127.0.0.1:33010"
  std::string address;  // IP address
  uint16_t port = 0;
  std::shared_ptr<const Destination> destination;  // never null; without routes: nothing is to arrive there
  // Where TLS goes that asks for one of these. Null: there are none, nobody looks.
  std::shared_ptr<const ServerNames> server_names = nullptr;
};

}  // namespace weft::proxy
