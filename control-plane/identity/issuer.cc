#include "control-plane/identity/issuer.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/hash.h"
#include "control-plane/identity/x509.h"

namespace weft::cp {
namespace {

using std::chrono::sys_seconds;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslDeleter<X509_EXTENSION_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES_free>>;
using KeyIdPtr = std::unique_ptr<ASN1_OCTET_STRING, OpensslDeleter<ASN1_OCTET_STRING_free>>;

ExtensionPtr extension(int nid, const char* value) {
  return ExtensionPtr(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
}

// The identifier of the authority's key, as the leaf's extension.
ExtensionPtr authority_key_id(X509* authority) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, authority, nullptr, nullptr, nullptr, 0);
  ExtensionPtr made(X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid"));
  ERR_clear_error();  // an authority may have none
  return made;
}

bool add_name(X509* certificate, const std::string& uri) {
  const NamesPtr names(sk_GENERAL_NAME_new_null());
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  if (names == nullptr || name == nullptr || text == nullptr) return false;
  GENERAL_NAME_set0_value(name, GEN_URI, text);
  return sk_GENERAL_NAME_push(names.get(), name) > 0 &&
         ASN1_STRING_set(text, uri.data(), static_cast<int>(uri.size())) == 1 &&
         // Critical, since there is no subject (RFC 5280 section 4.2.1.6).
         X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 1, X509V3_ADD_DEFAULT) == 1;
}

bool add_key_id(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const KeyIdPtr id(ASN1_OCTET_STRING_new());
  return id != nullptr && X509_pubkey_digest(certificate, EVP_sha1(), digest, &size) == 1 &&
         ASN1_OCTET_STRING_set(id.get(), digest, static_cast<int>(size)) == 1 &&
         X509_add1_ext_i2d(certificate, NID_subject_key_identifier, id.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

std::string serial_of(const X509* certificate) {
  constexpr char kDigits[] = "0123456789abcdef";
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  std::string text;
  for (int i = 0; i < ASN1_STRING_length(serial); ++i) {
    const unsigned char octet = ASN1_STRING_get0_data(serial)[i];
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

}  // namespace

struct Issuer::Parts {
  CertificatePtr certificate;
  KeyPtr key;
  uint64_t hash = 0;
  sys_seconds end;
  // Null for keys that choose it themselves (Ed25519).
  const EVP_MD* digest = nullptr;
  // DER of what is sent behind a leaf.
  std::vector<std::string> between;
  // What is the same in every leaf.
  std::vector<ExtensionPtr> extensions;
};

Issuer::Issuer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Issuer::~Issuer() = default;
uint64_t Issuer::hash() const { return parts_->hash; }

Result<std::shared_ptr<const Issuer>> Issuer::read(const MeshAuthority& authority) {
  std::vector<CertificatePtr> chain = certificates_from_pem(authority.certificate_pem);
  if (chain.empty()) return invalid("the authority's certificate is not in PEM form");
  Result<KeyPtr> key = key_from_pem(authority.key_pem);
  if (!key.ok()) return key.status();
  auto parts = std::make_unique<Parts>();
  const bool pair = X509_check_private_key(chain.front().get(), key->get()) == 1;
  ERR_clear_error();
  if (!pair) return invalid("the authority's certificate and key do not belong together");
  for (const CertificatePtr& link : chain) {
    if (X509_self_signed(link.get(), 0) != 1) parts->between.push_back(to_der(link.get()));
  }
  const bool own_digest = EVP_PKEY_is_a(key->get(), "ED25519") == 1 || EVP_PKEY_is_a(key->get(), "ED448") == 1;
  parts->digest = own_digest ? nullptr : EVP_sha256();
  parts->end = end_of(chain.front().get());
  parts->hash = content_hash(to_der(chain.front().get()));
  parts->extensions.push_back(extension(NID_basic_constraints, "critical,CA:FALSE"));
  parts->extensions.push_back(extension(NID_key_usage, "critical,digitalSignature,keyEncipherment,keyAgreement"));
  parts->extensions.push_back(extension(NID_ext_key_usage, "serverAuth,clientAuth"));
  for (const ExtensionPtr& made : parts->extensions) {
    if (made == nullptr) return openssl_error("prepare an authority");
  }
  if (ExtensionPtr id = authority_key_id(chain.front().get())) parts->extensions.push_back(std::move(id));
  parts->certificate = std::move(chain.front());
  parts->key = *std::move(key);
  return std::shared_ptr<const Issuer>(new Issuer(std::move(parts)));
}

Result<IssuedCertificate> Issuer::issue(const CertificateRequest& request, std::chrono::seconds lifetime,
                                        sys_seconds now) const {
  if (parts_->end <= now) return unavailable("the authority's certificate has run out");
  IssuedCertificate issued{.not_before = now - kBackdate, .not_after = std::min(now + lifetime, parts_->end)};
  const std::time_t begin = issued.not_before.time_since_epoch().count();
  const std::time_t end = issued.not_after.time_since_epoch().count();
  const CertificatePtr leaf(X509_new());
  X509* x509 = leaf.get();
  bool made = x509 != nullptr && X509_set_version(x509, X509_VERSION_3) == 1 && set_random_serial(x509) &&
              ASN1_TIME_set(X509_getm_notBefore(x509), begin) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(x509), end) != nullptr &&
              X509_set_issuer_name(x509, X509_get_subject_name(parts_->certificate.get())) == 1 &&
              X509_set_pubkey(x509, request.key()) == 1 && add_key_id(x509) && add_name(x509, request.uri());
  for (const ExtensionPtr& extension : parts_->extensions) {
    made = made && X509_add_ext(x509, extension.get(), -1) == 1;
  }
  if (!made || X509_sign(x509, parts_->key.get(), parts_->digest) == 0) return openssl_error("sign a certificate");
  issued.serial = serial_of(x509);
  issued.chain.push_back(to_der(x509));
  issued.chain.insert(issued.chain.end(), parts_->between.begin(), parts_->between.end());
  return issued;
}

}  // namespace weft::cp
