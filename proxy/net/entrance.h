// How an accepted connection begins: on a listener with server names, with the name its TLS asks for; on an inbound
// listener of a proxy with an identity, with the mesh's TLS (Strict), or with what the client's first bytes say
// (Permissive). Everything that happens before it is known who is at the other end and what it wants. Worker's thread
// only.
#pragma once

#include <memory>

#include "proxy/http/server_connection.h"
#include "proxy/net/session.h"
#include "proxy/route/route.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

enum class Entrance : uint8_t {
  kServe,  // as the destination says; the connection knows who it is
  kPass,   // TLS that is the application's own: bytes both ways, whatever the destination says
  kEnd,    // refused, or gone
  // A client of a TCP service that did not speak when it came. Proxies of the mesh do, so it may wait for the service
  // to speak first. When it has said something it has to enter again: it may be of the mesh all the same.
  kSilent,
};

struct Entered {
  Entrance how = Entrance::kEnd;
  // With kPass: where the server name leads that its TLS asks for. Null: to the listener's own destination.
  std::shared_ptr<const Destination> named;
};

Task<Entered> enter(Worker& worker, const ListenerView& view, Session& session);

// One that is served without having said who it is, where others are asked. Whoever wants to be strict one day wants to
// know who would be left out.
void count_unchecked(Worker& worker, const Destination& destination, const Connection& connection);

}  // namespace weft::proxy
