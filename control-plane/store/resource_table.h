// The resources of one type in one mesh, by name. Copying a table and changing one entry of the copy costs its size
// divided by the chunk, because both share all other chunks: a World with ten thousand dataplanes is followed by the
// next one in microseconds. A table that is shared is const; any thread may read it.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/resource/resource.h"

namespace weft::cp {

class ResourceTable {
 public:
  static constexpr size_t kMaxChunk = 64;

  struct Entry {
    explicit Entry(ResourcePtr resource) : first(resource->key.name), second(std::move(resource)) {}
    const std::string& first;  // the name; lives in the resource
    ResourcePtr second;
  };

 private:
  using Chunk = std::vector<Entry>;

 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry*;
    using reference = const Entry&;

    Iterator() = default;
    reference operator*() const { return (*(*chunks_)[chunk_])[index_]; }
    pointer operator->() const { return &**this; }
    Iterator& operator++() {
      if (++index_ == (*chunks_)[chunk_]->size()) {
        ++chunk_;
        index_ = 0;
      }
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const = default;

   private:
    friend class ResourceTable;
    Iterator(const std::vector<std::shared_ptr<const Chunk>>* chunks, size_t chunk, size_t index)
        : chunks_(chunks), chunk_(chunk), index_(index) {}
    const std::vector<std::shared_ptr<const Chunk>>* chunks_ = nullptr;
    size_t chunk_ = 0;
    size_t index_ = 0;
  };

  ResourceTable() = default;
  // In any order; no name twice.
  explicit ResourceTable(std::vector<ResourcePtr> resources);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Iterator begin() const { return {&chunks_, 0, 0}; }
  Iterator end() const { return {&chunks_, chunks_.size(), 0}; }
  // The first entry whose name is not less.
  Iterator lower_bound(std::string_view name) const;
  Iterator find(std::string_view name) const;

  // On a copy that nobody else has yet.
  void set(ResourcePtr resource);
  void erase(std::string_view name);

 private:
  // The chunk in which the name is, or would be put.
  size_t chunk_of(std::string_view name) const;
  void replace(size_t chunk, Chunk entries);

  std::vector<std::shared_ptr<const Chunk>> chunks_;  // none is empty
  size_t size_ = 0;
};

}  // namespace weft::cp
