#include "control-plane/identity/certificate_request.h"

#include <utility>

#include "control-plane/identity/x509.h"

namespace weft::cp {
namespace {

using RequestPtr = std::unique_ptr<X509_REQ, OpensslDeleter<X509_REQ_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES_free>>;

void free_extensions(STACK_OF(X509_EXTENSION) * extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), OpensslDeleter<free_extensions>>;

// RFC 5480: the curve by its name, the point in full. Asked of the bytes, before the library reads them as a key.
bool is_p256(X509_PUBKEY* written) {
  constexpr int kPointBytes = 65;
  ASN1_OBJECT* algorithm = nullptr;
  const unsigned char* point = nullptr;
  int size = 0;
  X509_ALGOR* details = nullptr;
  if (X509_PUBKEY_get0_param(&algorithm, &point, &size, &details, written) != 1) return false;
  const ASN1_OBJECT* ignored = nullptr;
  int parameter_type = V_ASN1_UNDEF;
  const void* parameter = nullptr;
  X509_ALGOR_get0(&ignored, &parameter_type, &parameter, details);
  return OBJ_obj2nid(algorithm) == NID_X9_62_id_ecPublicKey && parameter_type == V_ASN1_OBJECT &&
         OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter)) == NID_X9_62_prime256v1 && size == kPointBytes &&
         point[0] == 0x04;
}

bool is_ecdsa(int signature) {
  return signature == NID_ecdsa_with_SHA256 || signature == NID_ecdsa_with_SHA384 || signature == NID_ecdsa_with_SHA512;
}

// The names asked for; each way to ask for more than one URI is refused.
Result<std::string> only_uri(X509_REQ* request) {
  const ExtensionsPtr extensions(X509_REQ_get_extensions(request));
  int found = -1;
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, &found, nullptr)));
  if (found == -2) return invalid("it asks for names twice");
  if (names == nullptr) return invalid("it asks for no name");
  if (sk_GENERAL_NAME_num(names.get()) != 1) return invalid("it must ask for one name alone");
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  if (name->type != GEN_URI) return invalid("the name it asks for is not a URI");
  const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

Result<CertificateRequest> refused(std::string_view why) {
  ERR_clear_error();
  return invalid(why);
}

}  // namespace

Result<CertificateRequest> CertificateRequest::parse(std::string_view der) {
  if (der.size() > kMaxBytes) return invalid(cat("it has more than ", kMaxBytes, " bytes"));
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const RequestPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (request == nullptr) return refused("it is not a PKCS #10 request");
  if (at != end) return refused("something stands behind it");
  if (!is_p256(X509_REQ_get_X509_PUBKEY(request.get()))) return refused("its key is not a P-256 key");
  if (!is_ecdsa(X509_REQ_get_signature_nid(request.get()))) return refused("it is not signed with ECDSA");
  std::shared_ptr<EVP_PKEY> key(X509_REQ_get_pubkey(request.get()), EVP_PKEY_free);
  if (key == nullptr) return refused("its key is not a point of P-256");
  if (X509_REQ_verify(request.get(), key.get()) != 1) return refused("its signature is not by its key");
  Result<std::string> uri = only_uri(request.get());
  ERR_clear_error();
  if (!uri.ok()) return uri.status();
  return CertificateRequest(*std::move(uri), std::move(key));
}

}  // namespace weft::cp
