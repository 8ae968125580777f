// The write path of the REST API: every check of a PUT or DELETE, in the contract's order, and the transaction. Reads
// come from the published World. Owned by ApiServer; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "control-plane/resource/decode.h"
#include "control-plane/resource/kind.h"
#include "control-plane/source/api_server.h"
#include "control-plane/source/problem.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {

// A write that succeeded.
struct Written {
  bool created = false;
  uint64_t revision = 0;
  std::vector<std::string> warnings;
};

class ResourceService {
 public:
  // All three must outlive the service; `hooks` gives mesh_companions and advise.
  ResourceService(const ApiOptions& options, const ApiHooks& hooks, Store& store, const WorldPublisher& world)
      : options_(options), hooks_(hooks), store_(store), world_(world) {}

  // `body` is JSON; `mesh` is empty for global kinds. A dry run makes every check and stores nothing.
  std::variant<Written, Problem> put(const Kind& kind, const std::string& mesh, const std::string& name,
                                     std::string_view body, bool dry_run = false);
  std::variant<Written, Problem> remove(const Kind& kind, const std::string& mesh, const std::string& name);

  // What a PUT would store, against `world` instead of what is stored: the same checks, nothing written. `after` is
  // `before` itself when nothing would change; `before` is null when there is nothing yet.
  struct Preview {
    ResourcePtr before, after;
    std::vector<std::string> warnings;
  };
  std::variant<Preview, Problem> preview(const World& world, const Kind& kind, const std::string& mesh,
                                         const std::string& name, std::string_view body) const;

 private:
  // What a PUT came to: the resource as it will be stored, but for what is stored already.
  struct Incoming {
    std::shared_ptr<Resource> resource;
    std::vector<std::string> warnings;
  };
  std::variant<Incoming, Problem> read(const Kind& kind, const ResourceKey& key, std::string_view body) const;
  // Keeps what the server owns, checks against what is stored. Nullopt: fine.
  std::optional<Problem> settle(const Kind& kind, const Resource* stored, Resource& next) const;
  Result<std::vector<Write>> transaction(const Kind& kind, const Resource* stored,
                                         const std::shared_ptr<Resource>& next) const;

  const ApiOptions& options_;
  const ApiHooks& hooks_;
  Store& store_;
  const WorldPublisher& world_;
};

}  // namespace weft::cp
