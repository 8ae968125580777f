#include "proxy/tls/certificate_facts.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "base/text.h"

namespace weft::proxy {
namespace {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

Certificate parse(std::string_view der) {
  if (der.empty() || der.size() > kMaxCertificateBytes) return nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = bytes + der.size();
  Certificate certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  ERR_clear_error();
  return bytes == end ? std::move(certificate) : nullptr;
}

std::string hex(const unsigned char* bytes, size_t size) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

bool read_time(const ASN1_TIME* time, int64_t& seconds) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return false;
  seconds = timegm(&parts);
  return true;
}

void read_names(X509* certificate, CertificateFacts& facts) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
    if (type != GEN_URI) {
      facts.other_names = true;
      continue;
    }
    const auto* text = static_cast<const ASN1_IA5STRING*>(value);
    facts.uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                            static_cast<size_t>(ASN1_STRING_length(text)));
  }
  GENERAL_NAMES_free(names);
}

}  // namespace

Result<CertificateFacts> read_certificate(std::string_view der) {
  const Certificate certificate = parse(der);
  CertificateFacts facts;
  if (certificate == nullptr || !read_time(X509_get0_notBefore(certificate.get()), facts.not_before) ||
      !read_time(X509_get0_notAfter(certificate.get()), facts.not_after)) {
    return invalid("is not an X.509 certificate");
  }
  read_names(certificate.get(), facts);
  facts.authority = X509_check_ca(certificate.get()) == 1;
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate.get());
  facts.serial = hex(ASN1_STRING_get0_data(serial), static_cast<size_t>(ASN1_STRING_length(serial)));
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(der.data()), der.size(), digest);
  facts.fingerprint = hex(digest, sizeof digest);
  ERR_clear_error();
  return facts;
}

bool is_pair(std::string_view certificate_der, const PrivateKey& key) {
  const Certificate certificate = parse(certificate_der);
  if (certificate == nullptr) return false;
  const EVP_PKEY* named = X509_get0_pubkey(certificate.get());
  const bool same = named != nullptr && EVP_PKEY_eq(named, key.native()) == 1;
  ERR_clear_error();
  return same;
}

}  // namespace weft::proxy
