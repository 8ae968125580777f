// The authorities that sign now, read: of each MeshIdentity the texts are fetched when something of it changed, or
// after a while, since they may be kept outside of the store; and they are parsed only when they are others than
// before. Thread-safe; a file is waited for while others of the same kind wait too.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "base/status.h"
#include "control-plane/identity/issuer.h"
#include "control-plane/serve/progress.h"
#include "control-plane/store/world.h"

namespace weft::cp {

class Issuers {
 public:
  // The texts of the authority that signs for a MeshIdentity.
  using Fetch = std::function<Result<MeshAuthority>(const World& world, const Resource& identity)>;
  static constexpr std::chrono::seconds kFetchAgainAfter{5};

  explicit Issuers(Fetch fetch) : fetch_(std::move(fetch)) {}

  // `identity` is one of `world`.
  Result<std::shared_ptr<const Issuer>> of(const World& world, const ResourcePtr& identity, SteadyTime now);

 private:
  struct Entry {
    ResourcePtr identity;
    std::shared_ptr<const World::Table> secrets;
    SteadyTime fetched;
    uint64_t texts = 0;  // content_hash of both
    std::shared_ptr<const Issuer> issuer;
  };

  const Fetch fetch_;
  std::mutex mutex_;
  std::map<ResourceKey, Entry> entries_;
};

}  // namespace weft::cp
