// The sessions a server offers to resume, kept here and not in tickets: a ticket would hold the peer's certificate,
// which costs more to write and to read than a whole signature. Bounded; shared by all workers and by every material
// with the same trust, and gone with it. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "proxy/tls/generations.h"
#include "proxy/tls/trust.h"

struct ssl_session_st;

namespace weft::proxy {

struct SessionRelease {
  void operator()(ssl_session_st* session) const;
};
using SessionPtr = std::unique_ptr<ssl_session_st, SessionRelease>;

// Whom a session was made with; null: nobody. A copy of a session has the same.
void set_session_peer(ssl_session_st* session, std::shared_ptr<const PeerIdentity> peer);
std::shared_ptr<const PeerIdentity> session_peer(const ssl_session_st* session);

class ServerSessions {
 public:
  void keep(SessionPtr session);
  // Null: unknown, or its peer's certificates say nothing at `now`.
  SessionPtr find(const std::string& id, int64_t now);
  void forget(const std::string& id);

 private:
  // A session is 5 to 8 KB while its connection is not open any more.
  static constexpr size_t kEach = 1024;
  std::mutex mutex_;
  Generations<std::string, SessionPtr> sessions_{kEach};
};

}  // namespace weft::proxy
