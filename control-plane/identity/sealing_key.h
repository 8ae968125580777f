// A 256-bit key that encrypts small texts with AES-256-GCM (NIST SP 800-38D), bound to a name: what was sealed under
// one name does not open under another. Its id tells keys from each other and says nothing of them. Cheap to copy,
// immutable, any thread; the bytes are wiped when the last copy goes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft::cp {

class SealingKey {
 public:
  static constexpr size_t kBytes = 32;
  static constexpr size_t kIdBytes = 8;

  static Result<SealingKey> generate();
  // 32 bytes in base64, with or without padding, in either alphabet. Errors never quote it.
  static Result<SealingKey> parse(std::string_view text);

  // Base64 with padding. For the file it is kept in, and for nothing else.
  std::string text() const;
  // kIdBytes bytes; a keyed hash, so it tells nothing about the key.
  const std::string& id() const;
  std::string id_text() const;  // in hexadecimal, for people

  // nonce (12, random) + ciphertext + tag (16).
  Result<std::string> seal(std::string_view name, std::string_view bytes) const;
  // Error: it was not sealed with this key under this name, or was changed since.
  Result<std::string> open(std::string_view name, std::string_view sealed) const;

 private:
  struct Bytes;
  explicit SealingKey(std::shared_ptr<const Bytes> bytes) : bytes_(std::move(bytes)) {}
  static Result<SealingKey> of(std::string raw);
  std::shared_ptr<const Bytes> bytes_;
};

}  // namespace weft::cp
