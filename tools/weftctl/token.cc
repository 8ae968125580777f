#include "tools/weftctl/token.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <chrono>
#include <memory>

#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/tree.h"

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
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

constexpr int kKeyBits = 2048;
constexpr auto kClockSkew = std::chrono::seconds(5);

Result<Key> read_key(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Without the callback OpenSSL would ask the terminal for a passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return 0; };
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return invalid("not an RSA private key in PEM form");
  return key;
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<size_t>(size)};
}

// Without padding, in the alphabet of URLs (RFC 7515).
std::string base64_url(std::string_view bytes) {
  std::string out = base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return out;
}

Result<std::string> sign(EVP_PKEY* key, std::string_view bytes) {
  const Digest digest(EVP_MD_CTX_new());
  size_t size = 0;
  const auto* begin = reinterpret_cast<const unsigned char*>(bytes.data());
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, begin, bytes.size()) != 1) {
    return internal("the token could not be signed");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, begin, bytes.size()) !=
      1) {
    return internal("the token could not be signed");
  }
  signature.resize(size);
  return signature;
}

Result<std::string> random_id() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return internal("no randomness");
  return base64_url({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

Result<std::string> make_signing_key() {
  const Key key(EVP_RSA_gen(kKeyBits));
  const Bio bio(BIO_new(BIO_s_mem()));
  if (key == nullptr ||
      PEM_write_bio_PrivateKey_traditional(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return internal("the key could not be made");
  }
  return text_of(bio.get());
}

Result<std::string> public_key_of(std::string_view private_key_pem) {
  const auto key = read_key(private_key_pem);
  if (!key.ok()) return key.status();
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), key->get()) != 1) return internal("the key could not be written");
  return text_of(bio.get());
}

Result<std::string> sign_token(std::string_view private_key_pem, std::string_view key_id, Node claims,
                               Nanoseconds valid_for) {
  const auto key = read_key(private_key_pem);
  if (!key.ok()) return key.status();
  const auto id = random_id();
  if (!id.ok()) return id.status();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto seconds = [](auto time) { return number(time.time_since_epoch().count()); };
  put(claims, "jti", text(*id));
  put(claims, "iat", seconds(now));
  put(claims, "nbf", seconds(now - kClockSkew));
  put(claims, "exp", seconds(now + std::chrono::floor<std::chrono::seconds>(valid_for)));
  const Node header = object({{"alg", text("RS256")}, {"kid", text(key_id)}, {"typ", text("JWT")}});
  std::string token = cat(base64_url(compact_json(header)), ".", base64_url(compact_json(claims)));
  const auto signature = sign(key->get(), token);
  if (!signature.ok()) return signature.status();
  return cat(token, ".", base64_url(*signature));
}

}  // namespace weft::ctl
