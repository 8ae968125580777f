#include "proxy/tls/trust.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/spiffe_id.h"
#include "base/text.h"
#include "proxy/tls/openssl.h"

namespace weft::proxy {
namespace {

using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslDeleter<X509_STORE_CTX_free>>;

Trust::Verdict refused(TlsFailure failure, int error, std::string_view detail) { return {failure, error, detail, {}}; }

// Its strength is enough, and checking with it costs little: an RSA key of 16 kbit would cost milliseconds a signature.
bool key_is_usable(X509* certificate) {
  EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr) return false;
  const int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC: return bits >= 256 && bits <= 521;
    case EVP_PKEY_ED25519: return true;
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS: return bits >= kMinRsaBits && bits <= kMaxRsaBits;
    default: return false;
  }
}

bool is_bounded(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  return size > 0 && size <= kMaxCertificate && key_is_usable(certificate);
}

// The only URI among its names; nullopt when there is none, or more than one (X.509-SVID section 2).
std::optional<std::string> only_uri(X509* leaf) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  std::optional<std::string> uri;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    if (uri) return std::nullopt;
    const ASN1_IA5STRING* const text = name->d.uniformResourceIdentifier;
    uri.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                static_cast<size_t>(ASN1_STRING_length(text)));
  }
  return uri;
}

// X.509-SVID sections 4.1, 4.3 and 5.2: a leaf signs messages, never certificates.
bool is_leaf(X509* certificate) {
  const uint32_t usage = X509_get_key_usage(certificate);
  const bool signs = (usage & KU_DIGITAL_SIGNATURE) != 0 && usage != UINT32_MAX;
  return signs && (usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) == 0 &&
         (X509_get_extension_flags(certificate) & EXFLAG_CA) == 0;
}

int64_t seconds_of(const ASN1_TIME* time, int64_t otherwise) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return otherwise;
  return timegm(&parts);
}

TlsFailure failure_of(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return TlsFailure::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return TlsFailure::kNotYetValid;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED: return TlsFailure::kUnknownAuthority;
    default: return TlsFailure::kBadCertificate;
  }
}

}  // namespace

Trust::~Trust() {
  for (auto& [domain, store] : roots_) X509_STORE_free(store);
}

Result<std::shared_ptr<const Trust>> Trust::make(const std::vector<TrustBundle>& bundles) {
  std::shared_ptr<Trust> trust(new Trust());
  std::map<std::string, std::vector<std::string>> sorted;
  for (const TrustBundle& bundle : bundles) {
    if (!is_trust_domain(bundle.trust_domain)) return invalid(cat("\"", bundle.trust_domain, "\" is no trust domain"));
    auto& authorities = sorted[bundle.trust_domain];
    authorities.insert(authorities.end(), bundle.authorities.begin(), bundle.authorities.end());
  }
  std::string all;
  for (auto& [domain, authorities] : sorted) {
    std::sort(authorities.begin(), authorities.end());
    authorities.erase(std::unique(authorities.begin(), authorities.end()), authorities.end());
    append(all, domain, '\n', authorities.size(), '\n');
    for (const std::string& der : authorities) append(all, der.size(), ' ', der);
    if (Status added = trust->add({domain, authorities}); !added.ok()) return added;
  }
  trust->version_ = content_hash(all);
  return std::shared_ptr<const Trust>(std::move(trust));
}

Status Trust::add(const TrustBundle& bundle) {
  X509_STORE* const store = X509_STORE_new();
  if (store == nullptr) return internal("out of memory for certificates");
  roots_.emplace(bundle.trust_domain, store);
  // An authority of the bundle is believed for its own sake, also one that another authority has signed.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const std::string& der : bundle.authorities) {
    const CertificatePtr authority = certificate_of(der);
    if (authority == nullptr) return invalid(cat(bundle.trust_domain, ": an authority is not a certificate"));
    if (X509_check_ca(authority.get()) == 0 || !is_bounded(authority.get())) {
      return invalid(
          cat(bundle.trust_domain, ": a certificate is not an authority's, or its key is too weak or large"));
    }
    X509_STORE_add_cert(store, authority.get());
  }
  return ok();
}

Trust::Verdict Trust::verify(X509* leaf, STACK_OF(X509) * others, TlsSide peer, int64_t now) const {
  Fingerprint fingerprint{};
  unsigned size = 0;
  if (X509_digest(leaf, EVP_sha256(), fingerprint.data(), &size) != 1 || size != fingerprint.size()) {
    return refused(TlsFailure::kBadCertificate, X509_V_ERR_UNSPECIFIED, "malformed certificate");
  }
  auto& verified = verified_[static_cast<size_t>(peer)];
  {
    const std::lock_guard lock(mutex_);
    const auto* const known = verified.find(fingerprint);
    if (known != nullptr && (*known)->holds_at(now)) return {TlsFailure::kNone, X509_V_OK, {}, *known};
  }
  Verdict verdict = verify_anew(leaf, others, peer, now);
  if (verdict.failure == TlsFailure::kNone) {
    const std::lock_guard lock(mutex_);
    verified.insert(fingerprint, verdict.identity);
  }
  ERR_clear_error();
  return verdict;
}

// Cheap checks first: no signature is checked before everything is known to be small.
Trust::Verdict Trust::verify_anew(X509* leaf, STACK_OF(X509) * others, TlsSide peer, int64_t now) const {
  if (others != nullptr && sk_X509_num(others) > kMaxChain) {
    return refused(TlsFailure::kBadCertificate, X509_V_ERR_CERT_CHAIN_TOO_LONG, "certificate chain too long");
  }
  for (int i = -1; i < (others == nullptr ? 0 : sk_X509_num(others)); ++i) {
    if (!is_bounded(i < 0 ? leaf : sk_X509_value(others, i))) {
      return refused(TlsFailure::kBadCertificate, X509_V_ERR_EE_KEY_TOO_SMALL, "certificate or key of unusual size");
    }
  }
  const std::optional<std::string> uri = only_uri(leaf);
  const std::optional<SpiffeId> id = uri ? parse_spiffe_id(*uri) : std::nullopt;
  if (!id) {
    return refused(TlsFailure::kNoIdentity, X509_V_ERR_APPLICATION_VERIFICATION, "not exactly one SPIFFE ID");
  }
  if (!is_leaf(leaf)) {
    return refused(TlsFailure::kBadCertificate, X509_V_ERR_INVALID_PURPOSE, "not a workload's certificate");
  }
  const auto roots = roots_.find(id->trust_domain);
  if (roots == roots_.end()) {
    return refused(TlsFailure::kUnknownAuthority, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown trust domain");
  }
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (context == nullptr || X509_STORE_CTX_init(context.get(), roots->second, leaf, others) != 1) {
    return refused(TlsFailure::kBadCertificate, X509_V_ERR_OUT_OF_MEM, "out of memory");
  }
  X509_STORE_CTX_set_default(context.get(), peer == TlsSide::kClient ? "ssl_client" : "ssl_server");
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_depth(rules, kMaxChain - 2);  // intermediates
  X509_VERIFY_PARAM_set_auth_level(rules, 2);         // 112 bits: no SHA-1, no RSA below 2048
  X509_VERIFY_PARAM_set_time(rules, now);
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    return refused(failure_of(error), error, X509_verify_cert_error_string(error));
  }
  auto identity = std::make_shared<PeerIdentity>();
  identity->spiffe_id = *uri;
  X509_up_ref(leaf);
  identity->certificate = {leaf, X509_free};
  identity->begins = INT64_MIN;
  identity->expires = INT64_MAX;
  STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const X509* const link = sk_X509_value(chain, i);
    identity->begins = std::max(identity->begins, seconds_of(X509_get0_notBefore(link), INT64_MAX));
    identity->expires = std::min(identity->expires, seconds_of(X509_get0_notAfter(link), INT64_MIN));
  }
  return {TlsFailure::kNone, X509_V_OK, {}, std::move(identity)};
}

}  // namespace weft::proxy
