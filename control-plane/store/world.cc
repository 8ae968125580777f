#include "control-plane/store/world.h"

#include <algorithm>

namespace weft::cp {
namespace {

const std::shared_ptr<const World::Table>& empty_table() {
  static const auto empty = std::make_shared<const World::Table>();
  return empty;
}

}  // namespace

World::World(uint64_t revision, const std::vector<ResourcePtr>& resources) : revision_(revision) {
  std::map<TableKey, std::vector<ResourcePtr>> sorted;
  for (const ResourcePtr& resource : resources) sorted[{resource->key.type, resource->key.mesh}].push_back(resource);
  for (auto& [key, list] : sorted) tables_.emplace(key, std::make_shared<const Table>(std::move(list)));
}

std::shared_ptr<const World::Table> World::table(std::string_view type, std::string_view mesh) const {
  const auto found = tables_.find(std::pair<std::string_view, std::string_view>(type, mesh));
  return found == tables_.end() ? empty_table() : found->second;
}

ResourcePtr World::find(const ResourceKey& key) const {
  const std::shared_ptr<const Table> in = table(key.type, key.mesh);
  const auto found = in->find(key.name);
  return found == in->end() ? nullptr : found->second;
}

std::vector<std::string> World::meshes() const {
  std::vector<std::string> names;
  for (const auto& [name, mesh] : *table("Mesh", "")) names.push_back(name);
  return names;
}

std::vector<ResourcePtr> World::list(std::string_view type) const {
  std::vector<ResourcePtr> all;
  for (auto it = tables_.lower_bound(std::pair<std::string_view, std::string_view>(type, "")); it != tables_.end();
       ++it) {
    if (it->first.first != type) break;
    for (const auto& [name, resource] : *it->second) all.push_back(resource);
  }
  return all;
}

std::shared_ptr<const World> World::with(const std::vector<Change>& changes) const {
  auto next = std::make_shared<World>(*this);
  // The tables copied for this World; each is copied once however many changes fall into it.
  std::map<TableKey, std::shared_ptr<Table>> copied;
  for (const Change& change : changes) {
    std::shared_ptr<Table>& table = copied[{change.key.type, change.key.mesh}];
    if (table == nullptr) table = std::make_shared<Table>(*this->table(change.key.type, change.key.mesh));
    if (change.resource != nullptr) {
      table->set(change.resource);
    } else {
      table->erase(change.key.name);
    }
    next->revision_ = std::max(next->revision_, change.revision);
  }
  for (auto& [key, table] : copied) {
    if (table->empty())
      next->tables_.erase(key);
    else
      next->tables_.insert_or_assign(key, std::move(table));
  }
  return next;
}

}  // namespace weft::cp
