#include "tools/weftctl/certificate.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>

#include "base/text.h"

namespace weft::ctl {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr auto kClockSkew = std::chrono::minutes(5);
constexpr auto kLifetime = std::chrono::hours(24 * 365 * 10);
constexpr int kRsaBits = 2048;

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<size_t>(size)};
}

Certificate read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool is_address(const std::string& name) {
  in6_addr bytes;
  return inet_pton(AF_INET, name.c_str(), &bytes) == 1 || inet_pton(AF_INET6, name.c_str(), &bytes) == 1;
}

// "DNS:cp.example,IP:10.0.0.1". The text is read by the library, where a comma begins the next one.
Result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    const bool address = is_address(name);
    const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.*") ==
                       std::string::npos;
    if (name.empty() || (!address && !plain)) return invalid(cat("--hostname: \"", name, "\" is no host name"));
    append(out, out.empty() ? "" : ",", address ? "IP:" : "DNS:", name);
  }
  return out;
}

bool set_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;  // positive (RFC 5280 section 4.1.2.2)
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_times(X509* certificate) {
  const auto now = std::chrono::system_clock::now();
  const auto seconds = [](auto time) { return std::chrono::system_clock::to_time_t(time); };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(now - kClockSkew)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(now + kLifetime)) != nullptr;
}

bool set_name(X509* certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(name.data());
  return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, text, static_cast<int>(name.size()), -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

// Its own issuer, so that it can be given as the CA to verify it with.
bool set_uses(X509* certificate, const CertificateRequest& request) {
  const std::string usage = cat("critical,digitalSignature,keyCertSign", request.ecdsa ? "" : ",keyEncipherment");
  return add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(certificate, NID_key_usage, usage) &&
         add_extension(certificate, NID_ext_key_usage, request.server ? "serverAuth" : "clientAuth") &&
         add_extension(certificate, NID_subject_key_identifier, "hash");
}

}  // namespace

Result<CertificatePair> make_certificate(const CertificateRequest& request) {
  const auto names = alternative_names(request.names);
  if (!names.ok()) return names.status();
  const Key key(request.ecdsa ? EVP_EC_gen("P-256") : EVP_RSA_gen(kRsaBits));
  const Certificate certificate(X509_new());
  X509* x509 = certificate.get();
  const std::string common_name = request.names.empty() ? "weft" : request.names.front().substr(0, 64);
  if (key == nullptr || x509 == nullptr || X509_set_version(x509, X509_VERSION_3) != 1 || !set_serial(x509) ||
      !set_times(x509) || !set_name(x509, common_name) || X509_set_pubkey(x509, key.get()) != 1 ||
      !set_uses(x509, request) || (!names->empty() && !add_extension(x509, NID_subject_alt_name, *names)) ||
      X509_sign(x509, key.get(), EVP_sha256()) == 0) {
    return internal("the certificate could not be made");
  }
  const Bio certificate_pem(BIO_new(BIO_s_mem())), key_pem(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_pem.get(), x509) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return internal("the certificate could not be written");
  }
  return CertificatePair{text_of(certificate_pem.get()), text_of(key_pem.get())};
}

std::string fingerprint(const std::string& pem) {
  const Certificate certificate = read_certificate(pem);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (certificate == nullptr || X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1) return {};
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "SHA256";
  for (unsigned i = 0; i < size; ++i) append(text, ':', kDigits[digest[i] >> 4], kDigits[digest[i] & 15]);
  return text;
}

std::string subject(const std::string& pem) {
  const Certificate certificate = read_certificate(pem);
  if (certificate == nullptr) return {};
  const Bio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_ONELINE);
  return text_of(out.get());
}

}  // namespace weft::ctl
