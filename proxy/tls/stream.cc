#include "proxy/tls/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "proxy/tls/callbacks.h"
#include "proxy/tls/contexts.h"

namespace weft::proxy {
namespace {

TlsFailure failure_of(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return TlsFailure::kBadCertificate;  // ASN.1, X.509, keys
  if (reason >= SSL_AD_REASON_OFFSET) return TlsFailure::kRefused;
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return TlsFailure::kNoCertificate;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER: return TlsFailure::kNotTls;
    default: return TlsFailure::kProtocol;
  }
}

std::string_view words_of(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
    return SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
  }
  const char* const words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words == nullptr ? "" : words;
}

}  // namespace

TlsStream::TlsStream(std::shared_ptr<const TlsMaterial> material, TlsSide side, TlsApplication application)
    : material_(std::move(material)),
      contexts_(static_cast<const TlsContexts&>(*material_)),
      side_(side),
      application_(application) {}

TlsStream::~TlsStream() {
  // Otherwise OpenSSL takes a connection that was not closed in good order for an attack, and its session is lost.
  if (established_ && failure_ == TlsFailure::kNone) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

std::unique_ptr<TlsStream> TlsStream::accept(std::shared_ptr<const TlsMaterial> material, const TlsRule& rule,
                                             TlsApplication application) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(material), TlsSide::kServer, application));
  SSL* const ssl = SSL_new(stream->contexts_.server());
  if (!stream->start(ssl)) return stream;
  SSL_set_accept_state(ssl);
  if (rule.min_version != TlsRule::Version::kDefault) SSL_set_min_proto_version(ssl, lowest_version(rule));
  if (rule.max_version != TlsRule::Version::kDefault) SSL_set_max_proto_version(ssl, highest_version(rule));
  if (!rule.ciphers.empty() && SSL_set_cipher_list(ssl, rule.ciphers.c_str()) != 1) {
    stream->failed(SSL_ERROR_SSL, TlsFailure::kProtocol);
  }
  return stream;
}

std::unique_ptr<TlsStream> TlsStream::connect(std::shared_ptr<const TlsMaterial> material,
                                              std::shared_ptr<const PeerNames> names, TlsApplication application,
                                              std::shared_ptr<ClientSession> session) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(material), TlsSide::kClient, application));
  stream->names_ = std::move(names);
  stream->session_ = std::move(session);
  SSL* const ssl = SSL_new(stream->contexts_.client());
  if (!stream->start(ssl)) return stream;
  SSL_set_connect_state(ssl);
  const std::string& name = stream->names_->server_name;
  if (!name.empty() && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) {
    stream->failed(SSL_ERROR_SSL, TlsFailure::kProtocol);
  }
  const ClientSession* const last = stream->session_.get();
  if (last != nullptr && last->session != nullptr && last->trust_version == stream->trust_version()) {
    const auto peer = session_peer(last->session.get());
    if (peer != nullptr && peer->holds_at(stream->contexts_.now()) && stream->names_peer(*peer)) {
      // A copy: OpenSSL marks the one it resumes as used up, and a server of ours gives no new one for it.
      const SessionPtr copy(SSL_SESSION_dup(last->session.get()));
      if (copy != nullptr) SSL_set_session(ssl, copy.get());
    }
  }
  return stream;
}

bool TlsStream::start(SSL* ssl) {
  ssl_ = ssl;
  if (!contexts_.certificate_holds_at(contexts_.now())) {
    fail(TlsFailure::kOwnCertificate, "this proxy's certificate is not valid now");
  } else if (ssl == nullptr || !TlsCallbacks::attach(ssl, *this)) {
    failed(SSL_ERROR_SSL, TlsFailure::kProtocol);
  }
  return failure_ == TlsFailure::kNone;
}

void TlsStream::fail(TlsFailure failure, std::string_view detail) {
  if (failure_ != TlsFailure::kNone) return;
  failure_ = failure;
  detail_ = detail;
}

// Says why, and leaves nothing in the library's queue of errors, where the next connection would find it.
TlsStream::Step TlsStream::failed(int error, TlsFailure otherwise) {
  const unsigned long code = ERR_get_error();
  fail(error == SSL_ERROR_SSL && code != 0 ? failure_of(code) : otherwise, words_of(code));
  ERR_clear_error();
  return Step::kFailed;
}

TlsStream::Step TlsStream::handshake() {
  if (failure_ != TlsFailure::kNone) return Step::kFailed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return finish();
  switch (const int error = SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Step::kWantInput;
    case SSL_ERROR_WANT_WRITE: return Step::kWantRoom;
    default: return failed(error, TlsFailure::kProtocol);
  }
}

TlsStream::Step TlsStream::finish() {
  resumed_ = SSL_session_reused(ssl_) == 1;
  if (resumed_) peer_ = session_peer(SSL_get_session(ssl_));
  // A resumed session proves whom it was made with; whether that is still good is asked each time.
  if (peer_ == nullptr || !peer_->holds_at(contexts_.now())) {
    fail(TlsFailure::kExpired, "the session's certificates have run out");
  } else if (!names_peer(*peer_)) {
    fail(TlsFailure::kWrongIdentity, "another identity than expected");
  }
  if (failure_ != TlsFailure::kNone) return Step::kFailed;
  const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  if (name != nullptr) server_name_ = name;
  http2_ = TlsCallbacks::agreed_on_http2(ssl_);
  established_ = true;
  return Step::kDone;
}

bool TlsStream::names_peer(const PeerIdentity& peer) const {
  if (side_ == TlsSide::kServer) return true;
  const auto& ids = names_->spiffe_ids;
  return std::find(ids.begin(), ids.end(), peer.spiffe_id) != ids.end();
}

TlsStream::Step TlsStream::read(std::span<char> plain, size_t& got) {
  got = 0;
  if (SSL_read_ex(ssl_, plain.data(), plain.size(), &got) == 1) {
    received_ = true;
    return Step::kDone;
  }
  switch (const int error = SSL_get_error(ssl_, 0)) {
    case SSL_ERROR_WANT_READ: return Step::kWantInput;
    case SSL_ERROR_WANT_WRITE: return Step::kWantRoom;
    case SSL_ERROR_ZERO_RETURN: return Step::kClosed;
    default: return failed(error, TlsFailure::kProtocol);
  }
}

TlsStream::Step TlsStream::write(std::span<const char> plain, size_t& taken) {
  taken = 0;
  if (SSL_write_ex(ssl_, plain.data(), std::min(plain.size(), kRecord), &taken) == 1) return Step::kDone;
  switch (const int error = SSL_get_error(ssl_, 0)) {
    case SSL_ERROR_WANT_READ: return Step::kWantInput;
    case SSL_ERROR_WANT_WRITE: return Step::kWantRoom;
    default: return failed(error, TlsFailure::kProtocol);
  }
}

void TlsStream::close_notify() {
  if (!established_ || failure_ != TlsFailure::kNone || (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

bool TlsStream::holds_bytes() const { return SSL_has_pending(ssl_) == 1; }

bool TlsStream::vouched_by(const TlsMaterial& material) const {
  X509* const leaf = SSL_get0_peer_certificate(ssl_);
  if (leaf == nullptr) return false;
  const TlsSide peer = side_ == TlsSide::kServer ? TlsSide::kClient : TlsSide::kServer;
  const auto& contexts = static_cast<const TlsContexts&>(material);
  return contexts.trust().verify(leaf, SSL_get_peer_cert_chain(ssl_), peer, contexts.now()).failure ==
         TlsFailure::kNone;
}

std::vector<std::string> TlsStream::peer_chain() const {
  std::vector<std::string> out;
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_);
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(sk_X509_value(chain, i), &der);
    if (size > 0) out.emplace_back(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
  }
  return out;
}

}  // namespace weft::proxy
