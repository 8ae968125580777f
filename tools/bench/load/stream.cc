#include "tools/bench/load/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"

namespace weft::bench {
namespace {

// The first is what a Weft proxy answers to, the second any other.
constexpr unsigned char kProtocols[] = "\x04kuma\x08http/1.1";

SSL* ssl(void* session) { return static_cast<SSL*>(session); }

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, kProtocols, sizeof kProtocols - 1, offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

struct Tls::State {
  ~State() {
    SSL_SESSION_free(last);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
  }

  static int on_session(SSL* connection, SSL_SESSION* session) {
    auto* state = static_cast<State*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
    SSL_SESSION_free(state->last);
    state->last = session;
    return 1;  // it is ours now
  }

  SSL_CTX* client = SSL_CTX_new(TLS_client_method());
  SSL_CTX* server = SSL_CTX_new(TLS_server_method());
  SSL_SESSION* last = nullptr;
};

Tls::Tls(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tls::~Tls() = default;

Result<std::unique_ptr<Tls>> Tls::load(const TlsFiles& files) {
  auto state = std::make_unique<State>();
  for (SSL_CTX* context : {state->client, state->server}) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, 64 * 1024);
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1) {
      return invalid(cat("cannot use the certificates: ", ERR_reason_error_string(ERR_get_error())));
    }
  }
  SSL_CTX_set_app_data(state->client, state.get());
  SSL_CTX_set_session_cache_mode(state->client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(state->client, &State::on_session);
  SSL_CTX_set_alpn_protos(state->client, kProtocols, sizeof kProtocols - 1);
  SSL_CTX_set_alpn_select_cb(state->server, choose_protocol, nullptr);
  const unsigned char id[] = "bench";
  SSL_CTX_set_session_id_context(state->server, id, sizeof id);
  return std::unique_ptr<Tls>(new Tls(std::move(state)));
}

Stream::Stream(int descriptor, Tls* tls, Role role) : descriptor_(descriptor), tls_(tls) {
  if (tls_ == nullptr) return;
  const bool client = role == Role::kClient;
  SSL* const session = SSL_new(client ? tls_->state_->client : tls_->state_->server);
  SSL_set_fd(session, descriptor_);
  client ? SSL_set_connect_state(session) : SSL_set_accept_state(session);
  session_ = session;
}

Stream::~Stream() {
  if (session_ != nullptr) {
    // Said, not waited for; without it the session would not count as one to resume.
    SSL_shutdown(ssl(session_));
    SSL_free(ssl(session_));
    ERR_clear_error();
  }
  close(descriptor_);
}

void Stream::resume_last_session() {
  if (session_ == nullptr || tls_->state_->last == nullptr) return;
  // A copy: OpenSSL marks the one it resumes as used up, which connections that begin at the same time would share.
  SSL_SESSION* const copy = SSL_SESSION_dup(tls_->state_->last);
  SSL_set_session(ssl(session_), copy);
  SSL_SESSION_free(copy);
}

Stream::Handshake Stream::handshake() {
  if (session_ == nullptr || SSL_is_init_finished(ssl(session_))) return Handshake::kDone;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl(session_));
  if (result == 1) return Handshake::kDone;
  return SSL_get_error(ssl(session_), result) == SSL_ERROR_WANT_READ ? Handshake::kUnderWay : Handshake::kFailed;
}

bool Stream::resumed() const { return session_ != nullptr && SSL_session_reused(ssl(session_)) == 1; }

ssize_t Stream::read(char* buffer, size_t size) {
  if (session_ == nullptr) return recv(descriptor_, buffer, size, 0);
  ERR_clear_error();
  return result_of(SSL_read(ssl(session_), buffer, static_cast<int>(size)));
}

ssize_t Stream::write(std::string_view bytes) {
  if (session_ == nullptr) return send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (bytes.empty()) return 0;
  ERR_clear_error();
  return result_of(SSL_write(ssl(session_), bytes.data(), static_cast<int>(bytes.size())));
}

bool Stream::has_pending() const { return session_ != nullptr && SSL_has_pending(ssl(session_)) == 1; }

ssize_t Stream::result_of(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(ssl(session_), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: errno = EPROTO; return -1;
  }
}

}  // namespace weft::bench
