#include "control-plane/identity/mesh_authority.h"

#include <vector>

#include "base/hash.h"
#include "control-plane/identity/x509.h"

namespace weft::cp {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::hours kLife{24 * 365 * 10};
// Tolerates peers whose clocks are behind.
constexpr std::chrono::seconds kBackdate{10};

uint64_t hash_of(X509* certificate) { return content_hash(to_der(certificate)); }

Status check_certificate(X509* certificate, sys_seconds now) {
  if (X509_check_ca(certificate) != 1) return invalid("the certificate is not an authority's (CA:TRUE)");
  const uint32_t usage = X509_get_key_usage(certificate);
  // All bits stand for a certificate that says nothing of its use.
  if (usage == UINT32_MAX || (usage & KU_KEY_CERT_SIGN) == 0) {
    return invalid("the certificate may not sign others (key usage keyCertSign)");
  }
  if ((usage & KU_KEY_AGREEMENT) != 0) {
    return invalid("the certificate of an authority must not have the key usage keyAgreement");
  }
  if (end_of(certificate) <= now) return invalid("the certificate has expired");
  return ok();
}

}  // namespace

Result<MeshAuthority> make_mesh_authority(const std::string& trust_domain, sys_seconds now) {
  const Result<KeyPtr> made = make_ec_key();
  if (!made.ok()) return made.status();
  EVP_PKEY* key = made->get();
  const CertificatePlan plan{.common_name = trust_domain,
                             .organization = "Kuma",
                             .unit = "Mesh",
                             .authority = true,
                             .alternative_names = cat("URI:spiffe://", trust_domain),
                             .not_before = now - kBackdate,
                             .not_after = now + kLife};
  const Result<CertificatePtr> certificate = make_certificate(plan, key, nullptr, key);
  if (!certificate.ok()) return certificate.status();
  Result<std::string> key_pem = to_pem(key);
  if (!key_pem.ok()) return key_pem.status();
  return MeshAuthority{to_pem(certificate->get()), *std::move(key_pem)};
}

Status check_mesh_authority(const MeshAuthority& authority, bool allow_self_signed, sys_seconds now) {
  const std::vector<CertificatePtr> chain = certificates_from_pem(authority.certificate_pem);
  if (chain.empty()) return invalid("the certificate is not in PEM form");
  const Result<KeyPtr> key = key_from_pem(authority.key_pem);
  if (!key.ok()) return key.status();
  for (const CertificatePtr& certificate : chain) {
    if (Status checked = check_certificate(certificate.get(), now); !checked.ok()) return checked;
  }
  const bool pair = X509_check_private_key(chain.front().get(), key->get()) == 1;
  ERR_clear_error();
  if (!pair) return invalid("the certificate and the key do not belong together");
  const bool self_signed = X509_self_signed(chain.front().get(), 0) == 1;
  ERR_clear_error();
  if (self_signed && !allow_self_signed) return invalid("self-signed certificates are not allowed");
  return ok();
}

uint64_t authority_hash(std::string_view pem) {
  const std::vector<CertificatePtr> chain = certificates_from_pem(pem);
  return chain.empty() ? 0 : hash_of(chain.front().get());
}

sys_seconds authority_end(std::string_view pem) {
  const std::vector<CertificatePtr> chain = certificates_from_pem(pem);
  return chain.empty() ? sys_seconds() : end_of(chain.front().get());
}

std::string bundle_without(std::string_view bundle, uint64_t hash) {
  std::string left;
  for (const CertificatePtr& certificate : certificates_from_pem(bundle)) {
    if (hash_of(certificate.get()) != hash) left += to_pem(certificate.get());
  }
  return left;
}

bool holds_certificate(std::string_view bundle, std::string_view pem) {
  const std::vector<CertificatePtr> wanted = certificates_from_pem(pem);
  if (wanted.empty()) return false;
  for (const CertificatePtr& certificate : certificates_from_pem(bundle)) {
    if (X509_cmp(certificate.get(), wanted.front().get()) == 0) return true;
  }
  return false;
}

}  // namespace weft::cp
