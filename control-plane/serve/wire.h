// The bytes of an Update. What is particular to a proxy (nonce, revision, names) is written for it; the payload of an
// item is the one buffer that every proxy shares. Pure functions, any thread.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "control-plane/engine/compiled_item.h"

namespace weft::cp {

struct ItemName {
  v1::ItemType type = v1::ITEM_TYPE_UNSPECIFIED;
  std::string name;
  auto operator<=>(const ItemName&) const = default;
};

struct Update {
  uint64_t nonce = 0;
  uint64_t revision = 0;
  std::vector<CompiledItemPtr> changed;
  std::vector<ItemName> removed;
};

// A run of bytes of its own, or a shared one.
using Piece = std::variant<std::string, std::shared_ptr<const std::string>>;

// A serialised ControlMessage, cut into pieces.
std::vector<Piece> encode_update(const Update& update);

}  // namespace weft::cp
