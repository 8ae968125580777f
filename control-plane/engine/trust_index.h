// Who is believed in a mesh, by trust domain: the union of what its MeshTrusts say. Followed table by table; a domain
// that came out the same keeps its object, so equal pointers mean equal inputs. Owned by a MeshIndex, on its thread;
// the views belong to any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "control-plane/store/world.h"

namespace weft::cp {

struct TrustView {
  std::string domain;
  // DER, sorted, each once.
  std::vector<std::string> authorities;
  bool operator==(const TrustView&) const = default;
};
using TrustViewPtr = std::shared_ptr<const TrustView>;
// By domain. Never null.
using TrustViews = std::shared_ptr<const std::vector<TrustViewPtr>>;

class TrustIndex {
 public:
  // Takes over `table` (MeshTrusts); true when it is another one than before.
  bool follow(const std::shared_ptr<const World::Table>& table);
  const TrustViews& domains() const { return domains_; }

 private:
  std::shared_ptr<const World::Table> table_;
  TrustViews domains_ = std::make_shared<const std::vector<TrustViewPtr>>();
};

}  // namespace weft::cp
