#include "control-plane/serve/holding.h"

#include <algorithm>
#include <tuple>

namespace weft::cp {
namespace {

ItemName name_of(const CompiledItem& item) { return {item.type, item.name}; }

// -1, 0, 1 in the order of ProxyItems.
int compare(const CompiledItem& a, const CompiledItem& b) {
  if (a.type != b.type) return a.type < b.type ? -1 : 1;
  return a.name.compare(b.name);
}

const ProxyItemsPtr& nothing() {
  static const ProxyItemsPtr empty = std::make_shared<ProxyItems>();
  return empty;
}

}  // namespace

const CompiledItem* find_item(const ProxyItems& items, const ItemName& name) {
  const auto found = std::lower_bound(items.items.begin(), items.items.end(), name,
                                      [](const CompiledItemPtr& item, const ItemName& wanted) {
                                        return std::tie(item->type, item->name) < std::tie(wanted.type, wanted.name);
                                      });
  const bool there = found != items.items.end() && (*found)->type == name.type && (*found)->name == name.name;
  return there ? found->get() : nullptr;
}

std::map<std::string, uint64_t> hashes_of(const ProxyItems& items, v1::ItemType type) {
  std::map<std::string, uint64_t> hashes;
  auto item = std::lower_bound(items.items.begin(), items.items.end(), type,
                               [](const CompiledItemPtr& it, v1::ItemType wanted) { return it->type < wanted; });
  for (; item != items.items.end() && (*item)->type == type; ++item) hashes[(*item)->name] = (*item)->hash;
  return hashes;
}

Holding::Holding() : held_(nothing()) {}
Holding::Holding(std::map<ItemName, uint64_t> held) : held_(nothing()), differing_(std::move(held)) {}

uint64_t Holding::held_hash(const ItemName& name) const {
  if (const auto differing = differing_.find(name); differing != differing_.end()) return differing->second;
  const CompiledItem* item = find_item(*held_, name);
  return item == nullptr ? 0 : item->hash;
}

Holding::Difference Holding::difference(const ProxyItems& target) const {
  Difference difference;
  auto held = held_->items.begin();
  const auto held_end = held_->items.end();
  const auto gone = [&](const CompiledItem& item) {
    if (differing_.empty() || held_hash(name_of(item)) != 0) difference.removed.push_back(name_of(item));
  };
  for (const CompiledItemPtr& item : target.items) {
    while (held != held_end && *held != item && compare(**held, *item) < 0) gone(**held++);
    uint64_t hash = 0;
    if (held != held_end && compare(**held, *item) == 0) hash = (*held++)->hash;
    if (!differing_.empty()) hash = held_hash(name_of(*item));
    if (hash == item->hash) continue;
    if (!refused_.empty()) {
      const auto refused = refused_.find(name_of(*item));
      const bool stands = refused != refused_.end() && refused->second.hash == item->hash;
      if (stands && !refused->second.offered_again) continue;
    }
    difference.changed.push_back(item);
  }
  while (held != held_end) gone(**held++);
  for (const auto& [name, hash] : differing_) {
    if (hash == 0 || find_item(target, name) != nullptr || find_item(*held_, name) != nullptr) continue;
    difference.removed.push_back(name);
  }
  return difference;
}

void Holding::offer_refused_again() {
  for (auto& [name, refused] : refused_) refused.offered_again = true;
}

void Holding::accept(ProxyItemsPtr target, std::span<const ItemRefusal> refused) {
  for (const ItemRefusal& refusal : refused) {
    const CompiledItem* item = find_item(*target, refusal.item);
    if (item != nullptr) refused_[refusal.item] = {item->hash, refusal.reason, false};
  }
  std::map<ItemName, uint64_t> differing;
  for (auto entry = refused_.begin(); entry != refused_.end();) {
    const CompiledItem* item = find_item(*target, entry->first);
    if (item == nullptr || item->hash != entry->second.hash || entry->second.offered_again) {
      entry = refused_.erase(entry);
      continue;
    }
    differing[entry->first] = held_hash(entry->first);
    ++entry;
  }
  held_ = std::move(target);
  differing_ = std::move(differing);
}

std::map<std::string, uint64_t> Holding::held_of(v1::ItemType type) const {
  std::map<std::string, uint64_t> hashes = hashes_of(*held_, type);
  for (const auto& [name, hash] : differing_) {
    if (name.type != type) continue;
    if (hash == 0) {
      hashes.erase(name.name);
    } else {
      hashes[name.name] = hash;
    }
  }
  return hashes;
}

std::vector<ItemRefusal> Holding::refusals(const ProxyItems& target) const {
  std::vector<ItemRefusal> standing;
  for (const auto& [name, refused] : refused_) {
    const CompiledItem* item = find_item(target, name);
    if (item != nullptr && item->hash == refused.hash) standing.push_back({name, refused.reason});
  }
  return standing;
}

}  // namespace weft::cp
