// Which rows are sealed, and the work at open that leaves none of them readable: rows from before there was encryption
// and rows of an older key are sealed anew. Used by the tables, under the store's lock.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/resource/kind.h"
#include "control-plane/store/database.h"
#include "control-plane/store/secret_box.h"

namespace weft::cp {

// Of files in which rows may be sealed: a version that does not know that must not read them.
inline constexpr int64_t kSealedSchemaVersion = 2;

inline bool is_sealed_kind(const Kind& kind) { return kind.rules.admin_only(); }

// A spec as it is kept, and back. A null box seals nothing, and opens only what was never sealed.
Result<std::string> seal_spec(const SecretBox* box, const ResourceKey& key, const Kind& kind, std::string bytes);
Result<std::string> open_spec(const SecretBox* box, const ResourceKey& key, std::string_view bytes);

// Opens every sealed row before it changes the first; with one that does not open, nothing is changed.
Status seal_rows(Database& database, SecretBox& box);

}  // namespace weft::cp
