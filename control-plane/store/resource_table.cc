#include "control-plane/store/resource_table.h"

#include <algorithm>

namespace weft::cp {
namespace {

bool is_before(const ResourceTable::Entry& entry, std::string_view name) { return entry.first < name; }

// Entries hold a reference: they can be copied, not assigned, which vector::insert wants to.
void copy_range(auto from, auto to, auto& entries) {
  for (; from != to; ++from) entries.push_back(*from);
}

}  // namespace

ResourceTable::ResourceTable(std::vector<ResourcePtr> resources) : size_(resources.size()) {
  const auto by_name = [](const ResourcePtr& a, const ResourcePtr& b) { return a->key.name < b->key.name; };
  if (!std::is_sorted(resources.begin(), resources.end(), by_name)) {
    std::sort(resources.begin(), resources.end(), by_name);
  }
  // Chunks start three quarters full: the next resource does not split one.
  constexpr size_t fill = kMaxChunk * 3 / 4;
  for (size_t at = 0; at < resources.size(); at += fill) {
    const size_t end = std::min(at + fill, resources.size());
    auto chunk = std::make_shared<Chunk>();
    chunk->reserve(end - at);
    for (size_t i = at; i < end; ++i) chunk->emplace_back(std::move(resources[i]));
    chunks_.push_back(std::move(chunk));
  }
}

size_t ResourceTable::chunk_of(std::string_view name) const {
  const auto after =
      std::upper_bound(chunks_.begin(), chunks_.end(), name,
                       [](std::string_view wanted, const auto& chunk) { return wanted < chunk->front().first; });
  return after == chunks_.begin() ? 0 : static_cast<size_t>(after - chunks_.begin()) - 1;
}

ResourceTable::Iterator ResourceTable::lower_bound(std::string_view name) const {
  if (chunks_.empty()) return end();
  const size_t chunk = chunk_of(name);
  const Chunk& entries = *chunks_[chunk];
  const auto found = std::lower_bound(entries.begin(), entries.end(), name, is_before);
  if (found == entries.end()) return {&chunks_, chunk + 1, 0};
  return {&chunks_, chunk, static_cast<size_t>(found - entries.begin())};
}

ResourceTable::Iterator ResourceTable::find(std::string_view name) const {
  const Iterator found = lower_bound(name);
  return found != end() && found->first == name ? found : end();
}

void ResourceTable::set(ResourcePtr resource) {
  if (chunks_.empty()) {
    chunks_.push_back(std::make_shared<const Chunk>(1, Entry(std::move(resource))));
    size_ = 1;
    return;
  }
  const size_t chunk = chunk_of(resource->key.name);
  const Chunk& old = *chunks_[chunk];
  const auto at = std::lower_bound(old.begin(), old.end(), std::string_view(resource->key.name), is_before);
  const bool is_there = at != old.end() && at->first == resource->key.name;
  Chunk entries;
  entries.reserve(old.size() + 1);
  copy_range(old.begin(), at, entries);
  entries.emplace_back(std::move(resource));
  copy_range(is_there ? at + 1 : at, old.end(), entries);
  if (!is_there) ++size_;
  replace(chunk, std::move(entries));
}

void ResourceTable::erase(std::string_view name) {
  const Iterator found = find(name);
  if (found == end()) return;
  const Chunk& old = *chunks_[found.chunk_];
  const auto at = old.begin() + static_cast<std::ptrdiff_t>(found.index_);
  Chunk entries;
  entries.reserve(old.size());
  copy_range(old.begin(), at, entries);
  copy_range(at + 1, old.end(), entries);
  --size_;
  replace(found.chunk_, std::move(entries));
}

void ResourceTable::replace(size_t chunk, Chunk entries) {
  const auto at = chunks_.begin() + static_cast<std::ptrdiff_t>(chunk);
  if (entries.empty()) {
    chunks_.erase(at);
  } else if (entries.size() > kMaxChunk) {
    const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
    auto second = std::make_shared<const Chunk>(middle, entries.end());
    *at = std::make_shared<const Chunk>(entries.begin(), middle);
    chunks_.insert(at + 1, std::move(second));
  } else {
    *at = std::make_shared<const Chunk>(std::move(entries));
  }
}

}  // namespace weft::cp
