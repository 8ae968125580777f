// A client that said nothing when it came, and the service it wants, connected already: who speaks first says what it
// is. The service: opaque bytes, at once (MySQL, SMTP). The client: what its first bytes say, which may still be the
// mesh's TLS; the service then gets its words on the connection it has. Worker's thread only.
#pragma once

#include "proxy/net/entrance.h"
#include "proxy/net/session.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

// kEnd: refused, gone, or nobody ever spoke. Otherwise bytes may be relayed and the client's connection knows who it
// is; to `upstream`, or to where a server name leads.
Task<Entered> hear_first_word(Worker& worker, const ListenerView& view, Session& session, Connection& upstream);

}  // namespace weft::proxy
