#include "proxy/tls/private_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/spiffe_id.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Request = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

void free_extensions(STACK_OF(X509_EXTENSION) * extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), Freed<free_extensions>>;

Status failed(std::string_view attempt) {
  ERR_clear_error();
  return internal(cat(attempt, ": failed"));
}

Names one_uri(std::string_view uri) {
  Names names(GENERAL_NAMES_new());
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, uri.data(), static_cast<int>(uri.size()));
  GENERAL_NAME_set0_value(name, GEN_URI, text);
  sk_GENERAL_NAME_push(names.get(), name);
  return names;
}

}  // namespace

Result<std::shared_ptr<const PrivateKey>> PrivateKey::make_p256() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) return failed("make a key");
  return std::shared_ptr<const PrivateKey>(new PrivateKey(key));
}

// OpenSSL overwrites the secret number before it gives the memory back.
PrivateKey::~PrivateKey() { EVP_PKEY_free(key_); }

Result<std::string> PrivateKey::csr_der(std::string_view spiffe_id) const {
  if (!parse_spiffe_id(spiffe_id)) return invalid(cat("\"", spiffe_id, "\" is not a SPIFFE ID"));
  const Request request(X509_REQ_new());
  const Names names = one_uri(spiffe_id);
  STACK_OF(X509_EXTENSION)* made = nullptr;
  // Critical, because there is no subject (RFC 5280, section 4.2.1.6).
  const bool named = X509V3_add1_i2d(&made, NID_subject_alt_name, names.get(), 1, X509V3_ADD_DEFAULT) == 1;
  const Extensions extensions(made);
  if (!named || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key_) != 1 || X509_REQ_add_extensions(request.get(), extensions.get()) != 1 ||
      X509_REQ_sign(request.get(), key_, EVP_sha256()) <= 0) {
    return failed("make a certificate request");
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  if (size <= 0) return failed("write a certificate request");
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace weft::proxy
