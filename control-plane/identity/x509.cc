#include "control-plane/identity/x509.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>

namespace weft::cp {
namespace {

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// Not MBSTRING_UTF8: that would refuse a name of more than 64 characters, and trust domains may be longer.
bool add_name(X509_NAME* subject, int nid, const std::string& value) {
  const auto* text = reinterpret_cast<const unsigned char*>(value.data());
  return value.empty() ||
         X509_NAME_add_entry_by_NID(subject, nid, V_ASN1_UTF8STRING, text, static_cast<int>(value.size()), -1, 0) == 1;
}

bool set_names(X509* certificate, X509* issuer, const CertificatePlan& plan) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  return add_name(subject, NID_organizationName, plan.organization) &&
         add_name(subject, NID_organizationalUnitName, plan.unit) &&
         add_name(subject, NID_commonName, plan.common_name) &&
         X509_set_issuer_name(certificate, issuer == nullptr ? subject : X509_get_subject_name(issuer)) == 1;
}

bool add_extensions(X509* certificate, X509* issuer, const CertificatePlan& plan) {
  if (!add_extension(certificate, issuer, NID_basic_constraints,
                     plan.authority ? "critical,CA:TRUE" : "critical,CA:FALSE") ||
      !add_extension(certificate, issuer, NID_key_usage,
                     plan.authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") ||
      !add_extension(certificate, issuer, NID_subject_key_identifier, "hash") ||
      !add_extension(certificate, issuer, NID_authority_key_identifier, "keyid")) {
    return false;
  }
  if (!plan.authority && !add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth")) return false;
  return plan.alternative_names.empty() ||
         add_extension(certificate, issuer, NID_subject_alt_name, plan.alternative_names);
}

}  // namespace

bool set_random_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;  // positive (RFC 5280 section 4.1.2.2)
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

Result<KeyPtr> make_ec_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return openssl_error("make an EC key");
  return key;
}

Result<CertificatePtr> make_certificate(const CertificatePlan& plan, EVP_PKEY* key, X509* issuer,
                                        EVP_PKEY* issuer_key) {
  CertificatePtr certificate(X509_new());
  X509* x509 = certificate.get();
  const std::time_t begin = plan.not_before.time_since_epoch().count();
  const std::time_t end = plan.not_after.time_since_epoch().count();
  if (x509 == nullptr || X509_set_version(x509, X509_VERSION_3) != 1 || !set_random_serial(x509) ||
      ASN1_TIME_set(X509_getm_notBefore(x509), begin) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(x509), end) == nullptr || !set_names(x509, issuer, plan) ||
      X509_set_pubkey(x509, key) != 1 || !add_extensions(x509, issuer == nullptr ? x509 : issuer, plan) ||
      X509_sign(x509, issuer_key, EVP_sha256()) == 0) {
    return openssl_error("make a certificate");
  }
  return certificate;
}

std::string to_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return written_to(bio.get());
}

std::string to_der(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

Result<std::string> to_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_error("write a key");
  }
  return written_to(bio.get());
}

Result<CertificatePtr> certificate_from_pem(std::string_view pem) {
  const BioPtr bio = reading_from(pem);
  CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  if (certificate != nullptr) return certificate;
  ERR_clear_error();
  return invalid("not a certificate in PEM form");
}

std::vector<CertificatePtr> certificates_from_pem(std::string_view pem) {
  std::vector<CertificatePtr> all;
  const BioPtr bio = reading_from(pem);
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) all.emplace_back(next);
  ERR_clear_error();
  return all;
}

Result<KeyPtr> key_from_pem(std::string_view pem) {
  const BioPtr bio = reading_from(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (key != nullptr) return key;
  ERR_clear_error();
  return invalid("not an unencrypted private key in PEM form");
}

std::chrono::sys_seconds end_of(const X509* certificate) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &broken_down) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&broken_down)));
}

bool names_host(X509* certificate, const std::string& host) {
  return X509_check_host(certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1 ||
         X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
}

}  // namespace weft::cp
