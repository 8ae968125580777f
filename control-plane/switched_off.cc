#include "control-plane/switched_off.h"

#include <algorithm>
#include <utility>

#include "control-plane/resource/kind.h"

namespace weft::cp {
namespace {

bool lists(const std::vector<std::string>& paths, std::string_view path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

class PartialStore final : public Store {
 public:
  PartialStore(std::unique_ptr<Store> store, TypeNames hidden) : store_(std::move(store)), hidden_(std::move(hidden)) {}

  Result<ResourcePtr> get(const ResourceKey& key) const override {
    if (hides(key)) return not_found("the type is switched off");
    return store_->get(key);
  }
  Result<std::vector<ResourcePtr>> list(std::string_view type, std::string_view mesh) const override {
    if (hidden_.contains(type)) return std::vector<ResourcePtr>();
    return store_->list(type, mesh);
  }
  Result<std::vector<ResourcePtr>> list_all(uint64_t* revision) const override {
    Result<std::vector<ResourcePtr>> all = store_->list_all(revision);
    if (all.ok()) std::erase_if(*all, [this](const ResourcePtr& resource) { return hides(resource->key); });
    return all;
  }
  Result<uint64_t> write(const std::vector<Write>& writes) override {
    std::vector<Write> seen = writes;
    std::erase_if(seen, [this](const Write& write) { return hides(write.key); });
    return seen.empty() && !writes.empty() ? Result<uint64_t>(store_->revision()) : store_->write(seen);
  }
  Result<std::shared_ptr<void>> watch(uint64_t from_revision,
                                      std::function<void(const std::vector<Change>&)> watcher) override {
    return store_->watch(from_revision, [this, watcher = std::move(watcher)](const std::vector<Change>& changes) {
      std::vector<Change> seen = changes;
      std::erase_if(seen, [this](const Change& change) { return hides(change.key); });
      if (!seen.empty()) watcher(seen);
    });
  }
  uint64_t revision() const override { return store_->revision(); }
  std::string_view name() const override { return store_->name(); }

 private:
  bool hides(const ResourceKey& key) const { return hidden_.contains(key.type); }

  const std::unique_ptr<Store> store_;
  const TypeNames hidden_;
};

}  // namespace

TypeNames types_switched_off(const Options& options) {
  TypeNames off;
  const std::vector<std::string> core = core_resource_paths();
  for (const Kind& kind : kinds()) {
    const std::string_view path = kind.rules.path();
    const bool is_off = kind.is_policy() ? !lists(options.enabled_policies, path)
                                         : lists(core, path) && !lists(options.enabled_core_resources, path);
    if (is_off) off.emplace(kind.type());
  }
  return off;
}

std::unique_ptr<Store> hide_types(std::unique_ptr<Store> store, TypeNames types) {
  if (types.empty()) return store;
  return std::make_unique<PartialStore>(std::move(store), std::move(types));
}

}  // namespace weft::cp
