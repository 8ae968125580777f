// What makes the secrets of a store unreadable without a key that is not in it. The store asks it for every row of a
// kind that only administrators may see; which cipher and whose key is not the store's business. Owned by main, shared
// with the store; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/resource/resource.h"

namespace weft::cp {

class SecretBox {
 public:
  virtual ~SecretBox() = default;

  // `bytes` for the row `key`, and for no other: what was sealed for one does not open as another.
  virtual Result<std::string> seal(const ResourceKey& key, std::string_view bytes) const = 0;
  // Error: says which key is missing, or that the row was damaged or moved. Never quotes a byte.
  virtual Result<std::string> open(const ResourceKey& key, std::string_view sealed) const = 0;
  // Whether it was sealed with the key that seals now; others are only for reading.
  virtual bool is_newest(std::string_view sealed) const = 0;
  // Every row there is can be opened, and the first is about to be sealed: from now on the key must not be lost.
  virtual Status keep_key() = 0;
};

// Sealed bytes begin with this. It is no protobuf message (field 31 with a wire type that does not exist), so a row
// that was written before there was encryption is told from a sealed one.
inline constexpr std::string_view kSealedMark = "\xff\x01weft";

inline bool is_sealed(std::string_view bytes) { return bytes.starts_with(kSealedMark); }

}  // namespace weft::cp
