#include "control-plane/identity/signing_key.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "control-plane/identity/openssl.h"

namespace weft::cp {
namespace {

constexpr int kKeyBits = 2048;

KeyPtr read_key(std::string_view text) {
  if (text.find("-----BEGIN") == std::string_view::npos) {
    const auto* der = reinterpret_cast<const unsigned char*>(text.data());
    return KeyPtr(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &der, static_cast<long>(text.size())));
  }
  const BioPtr bio = reading_from(text);
  if (text.find("PUBLIC KEY-----") != std::string_view::npos) {
    return KeyPtr(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
  }
  return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
}

}  // namespace

SigningKey::SigningKey(evp_pkey_st* key) : key_(key, EVP_PKEY_free) {}

Result<SigningKey> SigningKey::generate() {
  EVP_PKEY* key = EVP_RSA_gen(kKeyBits);
  if (key == nullptr) return openssl_error("make an RSA key");
  return SigningKey(key);
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  KeyPtr key = read_key(text);
  if (key == nullptr) {
    ERR_clear_error();
    return invalid("the signing key is not an unencrypted RSA key in PEM form");
  }
  if (!EVP_PKEY_is_a(key.get(), "RSA")) return invalid("the signing key is not an RSA key");
  if (EVP_PKEY_get_bits(key.get()) < kKeyBits) return invalid("the signing key is shorter than 2048 bits");
  return SigningKey(key.release());
}

Result<std::string> SigningKey::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_error("write the signing key");
  }
  return written_to(bio.get());
}

Result<std::string> SigningKey::sign(std::string_view message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) != 1) {
    return openssl_error("sign a token");
  }
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &size, bytes, message.size()) != 1) return openssl_error("sign a token");
  signature.resize(size);
  return signature;
}

bool SigningKey::verifies(std::string_view message, std::string_view signature) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace weft::cp
