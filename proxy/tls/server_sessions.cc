#include "proxy/tls/server_sessions.h"

#include <openssl/ssl.h>

#include <utility>

namespace weft::proxy {
namespace {

using Peer = std::shared_ptr<const PeerIdentity>;

int copy_peer(CRYPTO_EX_DATA*, const CRYPTO_EX_DATA*, void** value, int, long, void*) {
  if (*value != nullptr) *value = new Peer(*static_cast<Peer*>(*value));
  return 1;
}

void free_peer(void*, void* value, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Peer*>(value); }

int peer_index() {
  static const int index = SSL_SESSION_get_ex_new_index(0, nullptr, nullptr, &copy_peer, &free_peer);
  return index;
}

std::string id_of(const SSL_SESSION* session) {
  unsigned size = 0;
  const unsigned char* const id = SSL_SESSION_get_id(session, &size);
  return {reinterpret_cast<const char*>(id), size};
}

}  // namespace

void SessionRelease::operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }

void set_session_peer(SSL_SESSION* session, std::shared_ptr<const PeerIdentity> peer) {
  delete static_cast<Peer*>(SSL_SESSION_get_ex_data(session, peer_index()));
  SSL_SESSION_set_ex_data(session, peer_index(), peer == nullptr ? nullptr : new Peer(std::move(peer)));
}

std::shared_ptr<const PeerIdentity> session_peer(const SSL_SESSION* session) {
  const auto* const peer = session == nullptr ? nullptr : SSL_SESSION_get_ex_data(session, peer_index());
  return peer == nullptr ? nullptr : *static_cast<const Peer*>(peer);
}

void ServerSessions::keep(SessionPtr session) {
  std::string id = id_of(session.get());
  const std::lock_guard lock(mutex_);
  sessions_.insert(id, std::move(session));
}

SessionPtr ServerSessions::find(const std::string& id, int64_t now) {
  const std::lock_guard lock(mutex_);
  const SessionPtr* const known = sessions_.find(id);
  if (known == nullptr) return nullptr;
  const Peer peer = session_peer(known->get());
  if (peer == nullptr || !peer->holds_at(now)) {
    sessions_.erase(id);
    return nullptr;
  }
  SSL_SESSION_up_ref(known->get());
  return SessionPtr(known->get());
}

void ServerSessions::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(id);
}

}  // namespace weft::proxy
