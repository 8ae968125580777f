// Where resources are kept. One narrow interface; SQLite is behind it by default, other stores later. A write that was
// acknowledged survives a crash at any moment. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/resource.h"

namespace weft::cp {

// A change as watchers see it. `resource` is null for a deletion.
struct Change {
  uint64_t revision = 0;
  ResourceKey key;
  ResourcePtr resource;
};

// One write of a transaction.
struct Write {
  enum class Kind {
    kPut,
    kDelete,
    kDeleteMesh,  // everything that belongs to the mesh key.name, whatever the type; the Mesh itself is not touched
    kRequire,     // writes nothing: `key` must exist (at expected_revision when given), else not_found or conflict
  };
  Kind kind = Kind::kPut;
  ResourceKey key;
  // kPut: what to store; its revision, created and modified are set by the store (created is kept on update).
  std::shared_ptr<const Resource> resource;
  // Compare-and-set: the revision the stored resource must have now; 0: it must not exist; nullopt: whatever is there.
  std::optional<uint64_t> expected_revision;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual Result<ResourcePtr> get(const ResourceKey& key) const = 0;
  // All resources of a type, sorted by mesh and name; an empty mesh means every mesh.
  virtual Result<std::vector<ResourcePtr>> list(std::string_view type, std::string_view mesh) const = 0;
  // Everything, and the revision it stands at.
  virtual Result<std::vector<ResourcePtr>> list_all(uint64_t* revision) const = 0;

  // Applies all writes or none, durably, and returns the new revision. Errors: conflict (an expected revision did not
  // hold), not_found (deleting what is not there), unavailable (the disk said no; nothing was written).
  virtual Result<uint64_t> write(const std::vector<Write>& writes) = 0;

  // Calls `watcher` for every change after `from_revision`, in order, on the store's writer thread and before the
  // write() that made the change returns, until the returned handle is destroyed. It must return soon and must not
  // write. Error: exhausted when `from_revision` is older than what the store still knows; list_all() then.
  virtual Result<std::shared_ptr<void>> watch(uint64_t from_revision,
                                              std::function<void(const std::vector<Change>&)> watcher) = 0;

  virtual uint64_t revision() const = 0;
  // "sqlite"
  virtual std::string_view name() const = 0;
};

}  // namespace weft::cp
