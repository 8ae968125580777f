// All accepted resources at one revision, immutable. The control plane is a function of it. A new World shares every
// table it did not change with the one before, and of a changed table all that did not change.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control-plane/resource/resource.h"
#include "control-plane/store/resource_table.h"
#include "control-plane/store/store.h"

namespace weft::cp {

class World {
 public:
  // The resources of one type in one mesh, by name.
  using Table = ResourceTable;

  World() = default;
  World(uint64_t revision, const std::vector<ResourcePtr>& resources);

  uint64_t revision() const { return revision_; }
  // Never null; an empty table when there is nothing. `mesh` is empty for global kinds. Two Worlds with the same
  // pointer here hold the same resources of that type and mesh.
  std::shared_ptr<const Table> table(std::string_view type, std::string_view mesh) const;
  ResourcePtr find(const ResourceKey& key) const;
  // Names of all meshes, sorted.
  std::vector<std::string> meshes() const;
  // All resources of a type in every mesh, sorted by mesh and name.
  std::vector<ResourcePtr> list(std::string_view type) const;

  // This World after `changes`.
  std::shared_ptr<const World> with(const std::vector<Change>& changes) const;

 private:
  using TableKey = std::pair<std::string, std::string>;  // type, mesh
  // Looks up without making strings.
  struct KeyOrder {
    using is_transparent = void;
    using View = std::pair<std::string_view, std::string_view>;
    bool operator()(const auto& a, const auto& b) const { return View(a.first, a.second) < View(b.first, b.second); }
  };
  uint64_t revision_ = 0;
  std::map<TableKey, std::shared_ptr<const Table>, KeyOrder> tables_;
};

using WorldPtr = std::shared_ptr<const World>;

}  // namespace weft::cp
