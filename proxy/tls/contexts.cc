#include "proxy/tls/contexts.h"

#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "proxy/tls/callbacks.h"
#include "proxy/tls/openssl.h"
#include "proxy/tls/private_key.h"

namespace weft::proxy {
namespace {

// TLS 1.3: the cheaper of the two first; both are beyond reproach.
constexpr const char* kSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// TLS 1.2, where no rule says otherwise: ephemeral keys and authenticated encryption only.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// X25519 costs half of what P-256 does.
constexpr const char* kGroups = "X25519:P-256";
// Of all certificates a peer sends, bytes.
constexpr long kMaxCertificates = 32 * 1024;
// A session is resumed for so long at most; certificates that run out end it earlier.
constexpr long kSessionSeconds = 2 * 3600;

Status failed(std::string_view attempt) {
  const unsigned long code = ERR_get_error();
  const char* const words = code == 0 ? nullptr : ERR_reason_error_string(code);
  Status status = invalid(cat(attempt, ": ", words == nullptr ? "failed" : words));
  ERR_clear_error();
  return status;
}

bool set_up(SSL_CTX* context, uint64_t trust_version) {
  std::array<unsigned char, sizeof trust_version> id{};
  std::memcpy(id.data(), &trust_version, sizeof trust_version);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_options(
      context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_max_cert_list(context, kMaxCertificates);
  SSL_CTX_set_timeout(context, kSessionSeconds);
  return SSL_CTX_set_session_id_context(context, id.data(), id.size()) == 1 &&
         SSL_CTX_set_ciphersuites(context, kSuites) == 1 && SSL_CTX_set1_groups_list(context, kGroups) == 1;
}

std::shared_ptr<Remembered> remembered_with(std::shared_ptr<const Trust> trust) {
  static auto& mutex = *new std::mutex;
  static auto& known = *new std::map<uint64_t, std::weak_ptr<Remembered>>;
  const std::lock_guard lock(mutex);
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Remembered>& place = known[trust->version()];
  std::shared_ptr<Remembered> remembered = place.lock();
  if (remembered == nullptr) {
    remembered = std::make_shared<Remembered>();
    remembered->trust = std::move(trust);
    place = remembered;
  }
  return remembered;
}

}  // namespace

// OpenSSL refuses TLS 1.0 and 1.1 at this level of security; a rule that allows them allows 1.2.
int lowest_version(const TlsRule& rule) {
  return rule.min_version == TlsRule::Version::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

int highest_version(const TlsRule& rule) {
  const bool any = rule.max_version == TlsRule::Version::kDefault || rule.max_version == TlsRule::Version::kTls13;
  return any ? TLS1_3_VERSION : TLS1_2_VERSION;
}

TlsContexts::TlsContexts(std::shared_ptr<const WorkloadCertificate> certificate, std::shared_ptr<Remembered> remembered)
    : certificate_(std::move(certificate)), remembered_(std::move(remembered)) {}

TlsContexts::~TlsContexts() {
  SSL_CTX_free(server_);
  SSL_CTX_free(client_);
}

Status TlsContexts::build(const TlsRule& own_connections) {
  server_ = SSL_CTX_new(TLS_server_method());
  client_ = SSL_CTX_new(TLS_client_method());
  if (server_ == nullptr || client_ == nullptr) return failed("make a TLS context");
  for (SSL_CTX* const context : {server_, client_}) {
    if (!set_up(context, trust_version())) return failed("set up a TLS context");
    if (Status shown = show_certificate(context); !shown.ok()) return shown;
  }
  const char* const ciphers = own_connections.ciphers.empty() ? kCiphers : own_connections.ciphers.c_str();
  if (SSL_CTX_set_cipher_list(server_, kCiphers) != 1 || SSL_CTX_set_cipher_list(client_, ciphers) != 1 ||
      SSL_CTX_set_min_proto_version(server_, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_min_proto_version(client_, lowest_version(own_connections)) != 1 ||
      SSL_CTX_set_max_proto_version(client_, highest_version(own_connections)) != 1) {
    return failed("versions and ciphers of TLS");
  }
  SSL_CTX_set_num_tickets(server_, 1);
  TlsCallbacks::install_for_servers(server_);
  TlsCallbacks::install_for_clients(client_);
  return ok();
}

Status TlsContexts::show_certificate(SSL_CTX* context) const {
  if (certificate_->chain.empty() || certificate_->key == nullptr) return invalid("certificate: incomplete");
  for (size_t i = 0; i < certificate_->chain.size(); ++i) {
    const CertificatePtr link = certificate_of(certificate_->chain[i]);
    if (link == nullptr) return invalid(cat("chain[", i, "]: is not a certificate"));
    const bool used =
        i == 0 ? SSL_CTX_use_certificate(context, link.get()) == 1 : SSL_CTX_add1_chain_cert(context, link.get()) == 1;
    if (!used) return failed(cat("chain[", i, "]"));
  }
  if (SSL_CTX_use_PrivateKey(context, certificate_->key->native()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return failed("the key does not belong to the certificate");
  }
  return ok();
}

Result<std::shared_ptr<const TlsMaterial>> make_tls_material(std::shared_ptr<const WorkloadCertificate> certificate,
                                                             std::vector<TrustBundle> trust,
                                                             const TlsRule& own_connections) {
  Result<std::shared_ptr<const Trust>> believed = Trust::make(trust);
  if (!believed.ok()) return believed.status();
  auto contexts = std::make_shared<TlsContexts>(std::move(certificate), remembered_with(*std::move(believed)));
  if (Status built = contexts->build(own_connections); !built.ok()) return built;
  return std::shared_ptr<const TlsMaterial>(std::move(contexts));
}

}  // namespace weft::proxy
