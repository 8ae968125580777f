// Writes that were derived some time ago must not bring anything back into a mesh that has been deleted since. Pure.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control-plane/store/store.h"

namespace weft::cp {

// The same writes, all of which fail (not_found) when a mesh they write into is no more.
inline std::vector<Write> guarded(std::vector<Write> writes) {
  std::set<std::string> meshes;
  for (const Write& write : writes) {
    if (!write.key.mesh.empty()) meshes.insert(write.key.mesh);
  }
  for (const std::string& mesh : meshes) {
    writes.insert(writes.begin(), Write{Write::Kind::kRequire, {"Mesh", "", mesh}, nullptr, std::nullopt});
  }
  return writes;
}

}  // namespace weft::cp
