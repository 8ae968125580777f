#include "control-plane/identity/sealing_key.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <optional>

#include "control-plane/identity/base64url.h"
#include "control-plane/identity/openssl.h"

namespace weft::cp {
namespace {

constexpr size_t kNonce = 12;
constexpr size_t kTag = 16;
constexpr std::string_view kIdLabel = "weft sealing key id";

using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter<EVP_CIPHER_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* room_in(std::string& text, size_t at = 0) { return reinterpret_cast<unsigned char*>(text.data()) + at; }

}  // namespace

struct SealingKey::Bytes {
  std::string raw;
  std::string id;
  ~Bytes() { OPENSSL_cleanse(raw.data(), raw.size()); }
};

Result<SealingKey> SealingKey::of(std::string raw) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (HMAC(EVP_sha256(), raw.data(), static_cast<int>(raw.size()), bytes_of(kIdLabel), kIdLabel.size(), digest,
           &size) == nullptr) {
    return openssl_error("name a key");
  }
  auto bytes = std::make_shared<Bytes>();
  bytes->id.assign(reinterpret_cast<const char*>(digest), kIdBytes);
  bytes->raw = std::move(raw);
  return SealingKey(std::move(bytes));
}

Result<SealingKey> SealingKey::generate() {
  std::string raw(kBytes, '\0');
  if (RAND_priv_bytes(room_in(raw), kBytes) != 1) return openssl_error("make a key");
  return of(std::move(raw));
}

Result<SealingKey> SealingKey::parse(std::string_view text) {
  std::string plain(trim(text));
  while (plain.ends_with('=')) plain.pop_back();
  for (char& c : plain) c = c == '+' ? '-' : c == '/' ? '_' : c;
  std::optional<std::string> raw = base64url_decode(plain);
  OPENSSL_cleanse(plain.data(), plain.size());
  if (!raw.has_value() || raw->size() != kBytes) return invalid("a key is 32 random bytes in base64");
  return of(*std::move(raw));
}

std::string SealingKey::text() const {
  std::string out(4 * ((kBytes + 2) / 3), '\0');
  EVP_EncodeBlock(room_in(out), bytes_of(bytes_->raw), static_cast<int>(kBytes));
  return out;
}

const std::string& SealingKey::id() const { return bytes_->id; }

std::string SealingKey::id_text() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes_->id) append(out, kDigits[(c >> 4) & 15], kDigits[c & 15]);
  return out;
}

Result<std::string> SealingKey::seal(std::string_view name, std::string_view bytes) const {
  std::string out(kNonce + bytes.size() + kTag, '\0');
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      RAND_bytes(room_in(out), kNonce) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(bytes_->raw), bytes_of(out)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(name), static_cast<int>(name.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), room_in(out, kNonce), &size, bytes_of(bytes), static_cast<int>(bytes.size())) ==
          1 &&
      EVP_EncryptFinal_ex(cipher.get(), room_in(out, kNonce + bytes.size()), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, room_in(out, kNonce + bytes.size())) == 1;
  if (!done) return openssl_error("encrypt");
  return out;
}

Result<std::string> SealingKey::open(std::string_view name, std::string_view sealed) const {
  if (sealed.size() < kNonce + kTag) return invalid("it is cut off");
  const std::string_view body = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
  std::string tag(sealed.substr(sealed.size() - kTag));
  std::string out(body.size() + 1, '\0');  // never empty: the library wants a place to write to
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(bytes_->raw), bytes_of(sealed)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(name), static_cast<int>(name.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), room_in(out), &size, bytes_of(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, room_in(tag)) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), room_in(out, body.size()), &size) == 1;
  ERR_clear_error();
  if (!done) return invalid("it was changed, moved from another place, or sealed with another key");
  out.resize(body.size());
  return out;
}

}  // namespace weft::cp
