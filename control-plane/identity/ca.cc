#include "control-plane/identity/ca.h"

#include <unistd.h>

#include <cctype>

#include "base/file.h"
#include "control-plane/identity/x509.h"

namespace weft::cp {
namespace {

using std::chrono::days;
using std::chrono::sys_seconds;

constexpr days kAuthorityLife{3650};
constexpr days kServerLife{730};
// What has less than this left is made anew.
constexpr days kRenewBefore{60};
// Tolerates peers whose clocks are behind.
constexpr std::chrono::hours kBackdate{1};

struct Authority {
  CertificatePtr certificate;
  KeyPtr key;
};

std::string in(const std::string& folder, std::string_view name) { return cat(folder, '/', name); }

bool matches(X509* certificate, EVP_PKEY* key) {
  const bool same = X509_check_private_key(certificate, key) == 1;
  ERR_clear_error();
  return same;
}

Result<Authority> make_authority(const std::string& folder, sys_seconds now) {
  Result<KeyPtr> key = make_ec_key();
  if (!key.ok()) return key.status();
  const CertificatePlan plan{.common_name = "Weft control plane authority",
                             .authority = true,
                             .not_before = now - kBackdate,
                             .not_after = now + kAuthorityLife};
  Result<CertificatePtr> certificate = make_certificate(plan, key->get(), nullptr, key->get());
  if (!certificate.ok()) return certificate.status();
  const Result<std::string> key_pem = to_pem(key->get());
  if (!key_pem.ok()) return key_pem.status();
  if (Status s = write_file(in(folder, "ca.key"), *key_pem, 0600); !s.ok()) return s;
  if (Status s = write_file(in(folder, "ca.crt"), to_pem(certificate->get()), 0644); !s.ok()) return s;
  return Authority{std::move(*certificate), std::move(*key)};
}

Result<Authority> load_authority(const std::string& folder, sys_seconds now) {
  const Result<std::string> certificate_pem = read_file(in(folder, "ca.crt"));
  if (is_not_found(certificate_pem.status())) return make_authority(folder, now);
  if (!certificate_pem.ok()) return certificate_pem.status();
  Result<CertificatePtr> certificate = certificate_from_pem(*certificate_pem);
  if (!certificate.ok()) return annotate(certificate.status(), in(folder, "ca.crt"));
  if (end_of(certificate->get()) <= now) return make_authority(folder, now);
  const Result<std::string> key_pem = read_file(in(folder, "ca.key"));
  if (!key_pem.ok()) {
    return annotate(key_pem.status(),
                    "the authority's key is needed to renew the certificate; restore it, or remove "
                    "ca.crt to start with a new authority that every proxy must be given");
  }
  Result<KeyPtr> key = key_from_pem(*key_pem);
  if (!key.ok()) return annotate(key.status(), in(folder, "ca.key"));
  if (!matches(certificate->get(), key->get()))
    return invalid(cat("ca.key and ca.crt in ", folder, " do not belong together"));
  return Authority{std::move(*certificate), std::move(*key)};
}

bool is_host_name(std::string_view text) {
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') return false;
  }
  return !text.empty() && text.size() <= 253;
}

Result<ServerCertificate> issue(const ServerCertificateOptions& options, sys_seconds now) {
  Result<Authority> authority = load_authority(options.folder, now);
  if (!authority.ok()) return authority.status();
  Result<KeyPtr> key = make_ec_key();
  if (!key.ok()) return key.status();
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (is_host_name(options.hostname)) append(names, ",DNS:", options.hostname);
  const sys_seconds end = std::min(now + kServerLife, end_of(authority->certificate.get()));
  const CertificatePlan plan{
      .common_name = "weft-cp", .alternative_names = names, .not_before = now - kBackdate, .not_after = end};
  Result<CertificatePtr> certificate =
      make_certificate(plan, key->get(), authority->certificate.get(), authority->key.get());
  if (!certificate.ok()) return certificate.status();
  const Result<std::string> key_pem = to_pem(key->get());
  if (!key_pem.ok()) return key_pem.status();
  const std::string certificate_pem = to_pem(certificate->get());
  if (Status s = write_file(in(options.folder, "cp.key"), *key_pem, 0600); !s.ok()) return s;
  if (Status s = write_file(in(options.folder, "cp.crt"), certificate_pem, 0644); !s.ok()) return s;
  return ServerCertificate{certificate_pem, *key_pem, in(options.folder, "ca.crt")};
}

// The certificate on disk, if it will do: readable, in time, for this host, of the authority that is there.
Result<ServerCertificate> reuse(const ServerCertificateOptions& options, sys_seconds now) {
  const std::string& folder = options.folder;
  const Result<std::string> certificate_pem = read_file(in(folder, "cp.crt"));
  const Result<std::string> key_pem = read_file(in(folder, "cp.key"));
  const Result<std::string> authority_pem = read_file(in(folder, "ca.crt"));
  if (!certificate_pem.ok() || !key_pem.ok() || !authority_pem.ok()) return not_found("no certificate yet");
  const Result<CertificatePtr> certificate = certificate_from_pem(*certificate_pem);
  const Result<KeyPtr> key = key_from_pem(*key_pem);
  const Result<CertificatePtr> authority = certificate_from_pem(*authority_pem);
  if (!certificate.ok() || !key.ok() || !authority.ok() || !matches(certificate->get(), key->get())) {
    return not_found("the certificate cannot be used");
  }
  const bool ours = X509_verify(certificate->get(), X509_get0_pubkey(authority->get())) == 1;
  ERR_clear_error();
  const bool named = !is_host_name(options.hostname) || names_host(certificate->get(), options.hostname);
  if (!ours || !named || end_of(certificate->get()) - now < kRenewBefore) return not_found("it is time for a new one");
  return ServerCertificate{*certificate_pem, *key_pem, in(folder, "ca.crt")};
}

Result<ServerCertificate> supplied(const ServerCertificateOptions& options, sys_seconds now) {
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return invalid("a certificate file and a key file must be given together");
  }
  const Result<std::string> certificate_pem = read_file(options.certificate_file);
  if (!certificate_pem.ok()) return certificate_pem.status();
  const Result<std::string> key_pem = read_file(options.key_file);
  if (!key_pem.ok()) return key_pem.status();
  const Result<CertificatePtr> certificate = certificate_from_pem(*certificate_pem);
  if (!certificate.ok()) return annotate(certificate.status(), options.certificate_file);
  const Result<KeyPtr> key = key_from_pem(*key_pem);
  if (!key.ok()) return annotate(key.status(), options.key_file);
  if (!matches(certificate->get(), key->get())) {
    return invalid(cat(options.certificate_file, " and ", options.key_file, " do not belong together"));
  }
  if (end_of(certificate->get()) <= now) return invalid(cat(options.certificate_file, ": the certificate has expired"));
  return ServerCertificate{*certificate_pem, *key_pem, ""};
}

}  // namespace

Result<ServerCertificate> load_or_make_server_certificate(const ServerCertificateOptions& options, sys_seconds now) {
  if (!options.certificate_file.empty() || !options.key_file.empty()) return supplied(options, now);
  Result<ServerCertificate> existing = reuse(options, now);
  return existing.ok() ? std::move(existing) : issue(options, now);
}

std::string certificate_fingerprint(std::string_view pem) {
  const size_t last = pem.rfind("-----BEGIN CERTIFICATE-----");
  if (last == std::string_view::npos) return {};
  const Result<CertificatePtr> certificate = certificate_from_pem(pem.substr(last));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!certificate.ok() || X509_digest(certificate->get(), EVP_sha256(), digest, &size) != 1) return {};
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "SHA256";
  for (unsigned i = 0; i < size; ++i) append(text, ':', kDigits[digest[i] >> 4], kDigits[digest[i] & 15]);
  return text;
}

}  // namespace weft::cp
