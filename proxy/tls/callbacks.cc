#include "proxy/tls/callbacks.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "proxy/tls/contexts.h"
#include "proxy/tls/stream.h"

namespace weft::proxy {
namespace {

constexpr std::string_view kMesh = "kuma";

constexpr std::string_view kHttp2 = "weft/h2";

// In the order of preference; empty: none.
std::array<std::string_view, 3> names_of(TlsApplication application) {
  switch (application) {
    case TlsApplication::kTcp: return {"weft/tcp", kMesh};
    case TlsApplication::kHttp1: return {"weft/http1.1", kMesh};
    case TlsApplication::kHttp: return {kHttp2, "weft/http1.1", kMesh};
  }
  return {kMesh};
}

}  // namespace

// A friend of TlsStream, so that its members are seen from here alone.
struct TlsStreamAccess {
  static TlsStream& stream_of(const SSL* ssl) { return *static_cast<TlsStream*>(SSL_get_app_data(ssl)); }

  // OpenSSL keeps the first of the presented certificates with the session, and reads it from this very stack only
  // after it was believed: the same certificate that is here already takes its place.
  static void share_certificate(X509_STORE_CTX* presented, const PeerIdentity& known) {
    STACK_OF(X509)* const stack = X509_STORE_CTX_get0_untrusted(presented);
    X509* const leaf = X509_STORE_CTX_get0_cert(presented);
    if (stack == nullptr || leaf == known.certificate.get() || sk_X509_value(stack, 0) != leaf) return;
    X509_up_ref(known.certificate.get());
    sk_X509_set(stack, 0, known.certificate.get());
    X509_STORE_CTX_set_cert(presented, known.certificate.get());
    X509_free(leaf);
  }

  // The one place where a certificate is believed. Called before any signature of the peer's is checked.
  static int verify(X509_STORE_CTX* presented, void*) {
    const auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(presented, SSL_get_ex_data_X509_STORE_CTX_idx()));
    TlsStream& stream = stream_of(ssl);
    const TlsSide peer = stream.side_ == TlsSide::kServer ? TlsSide::kClient : TlsSide::kServer;
    Trust::Verdict verdict = stream.contexts_.trust().verify(
        X509_STORE_CTX_get0_cert(presented), X509_STORE_CTX_get0_untrusted(presented), peer, stream.contexts_.now());
    if (verdict.failure == TlsFailure::kNone && !stream.names_peer(*verdict.identity)) {
      verdict = {TlsFailure::kWrongIdentity, X509_V_ERR_APPLICATION_VERIFICATION, "another identity than expected", {}};
    }
    X509_STORE_CTX_set_error(presented, verdict.error);
    if (verdict.failure != TlsFailure::kNone) {
      stream.fail(verdict.failure, verdict.detail);
      return 0;
    }
    share_certificate(presented, *verdict.identity);
    stream.peer_ = verdict.identity;
    set_session_peer(SSL_get_session(ssl), std::move(verdict.identity));
    return 1;
  }

  static int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                             unsigned offered_size, void*) {
    for (const std::string_view wanted : names_of(stream_of(ssl).application_)) {
      for (unsigned at = 0; at < offered_size && at + 1 + offered[at] <= offered_size; at += 1 + offered[at]) {
        if (std::string_view(reinterpret_cast<const char*>(offered + at + 1), offered[at]) != wanted) continue;
        *chosen = offered + at + 1;
        *size = offered[at];
        // A proxy of ours goes on using the session it has; others expect a new one each time.
        if (wanted != kMesh && SSL_session_reused(ssl) == 1) SSL_set_num_tickets(ssl, 0);
        return SSL_TLSEXT_ERR_OK;
      }
    }
    return SSL_TLSEXT_ERR_NOACK;  // who the peer is counts, and that its certificate says
  }

  static int keep_server_session(SSL* ssl, SSL_SESSION* session) {
    stream_of(ssl).contexts_.sessions().keep(SessionPtr(session));
    return 1;
  }

  static SSL_SESSION* find_server_session(SSL* ssl, const unsigned char* id, int size, int* copy) {
    *copy = 0;  // the reference is given away
    return stream_of(ssl)
        .contexts_.sessions()
        .find(std::string(reinterpret_cast<const char*>(id), static_cast<size_t>(size)), stream_of(ssl).contexts_.now())
        .release();
  }

  static int keep_client_session(SSL* ssl, SSL_SESSION* session) {
    TlsStream& stream = stream_of(ssl);
    if (stream.session_ == nullptr) return 0;
    stream.session_->session.reset(session);
    stream.session_->trust_version = stream.trust_version();
    return 1;
  }

  // Accepted as it is: it becomes part of the session, and the permissions judge it.
  static int accept_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

  static int receive(BIO* bio, char* bytes, int size) {
    auto& in = static_cast<TlsStream*>(BIO_get_data(bio))->pipe.in;
    BIO_clear_retry_flags(bio);
    const size_t taken = std::min(in.size(), static_cast<size_t>(std::max(size, 0)));
    if (taken == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(bytes, in.data(), taken);
    in = in.subspan(taken);
    return static_cast<int>(taken);
  }

  static int send(BIO* bio, const char* bytes, int size) {
    auto& pipe = static_cast<TlsStream*>(BIO_get_data(bio))->pipe;
    BIO_clear_retry_flags(bio);
    const size_t given = std::min(pipe.out.size() - pipe.out_size, static_cast<size_t>(std::max(size, 0)));
    if (given == 0) {
      BIO_set_retry_write(bio);
      return -1;
    }
    std::memcpy(pipe.out.data() + pipe.out_size, bytes, given);
    pipe.out_size += given;
    return static_cast<int>(given);
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pipe");
      BIO_meth_set_read(method, &receive);
      BIO_meth_set_write(method, &send);
      BIO_meth_set_ctrl(method, &control);
      return method;
    }();
    return made;
  }
};

void TlsCallbacks::install_for_servers(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsStreamAccess::verify, nullptr);
  SSL_CTX_set_alpn_select_cb(context, &TlsStreamAccess::choose_protocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, &TlsStreamAccess::accept_name);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &TlsStreamAccess::keep_server_session);
  SSL_CTX_sess_set_get_cb(context, &TlsStreamAccess::find_server_session);
}

void TlsCallbacks::install_for_clients(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsStreamAccess::verify, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &TlsStreamAccess::keep_client_session);
}

bool TlsCallbacks::attach(SSL* ssl, TlsStream& stream) {
  BIO* const bio = BIO_new(TlsStreamAccess::method());
  if (bio == nullptr) return false;
  BIO_set_data(bio, &stream);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, &stream);
  if (SSL_is_server(ssl) != 0) return true;
  std::string protocols;
  for (const std::string_view name : names_of(stream.application())) {
    if (name.empty()) continue;
    protocols += static_cast<char>(name.size());
    protocols += name;
  }
  return SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                             static_cast<unsigned>(protocols.size())) == 0;
}

bool TlsCallbacks::agreed_on_http2(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == kHttp2;
}

}  // namespace weft::proxy
