// What the tests of the store share: resources to store, a folder that goes away again.
#pragma once

#include <filesystem>
#include <string>

#include "base/text.h"
#include "control-plane/store/store.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weft-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(std::string_view name) const { return cat(path_, "/", name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::shared_ptr<Resource> secret(std::string_view mesh, std::string_view name, std::string bytes) {
  auto resource = std::make_shared<Resource>();
  resource->key = {"Secret", std::string(mesh), std::string(name)};
  auto spec = std::make_shared<v1::Secret>();
  spec->set_data(std::move(bytes));
  resource->spec = spec;
  return resource;
}

inline std::shared_ptr<Resource> mesh(std::string_view name) {
  auto resource = std::make_shared<Resource>();
  resource->key = {"Mesh", "", std::string(name)};
  resource->spec = std::make_shared<v1::Mesh>();
  return resource;
}

// The names of a type's resources in a mesh ("" for all), in the store's order.
inline std::vector<std::string> names_in(const Store& store, std::string_view type, std::string_view mesh) {
  std::vector<std::string> names;
  const Result<std::vector<ResourcePtr>> resources = store.list(type, mesh);
  if (!resources.ok()) return {"failed"};
  for (const ResourcePtr& resource : *resources) names.push_back(resource->key.name);
  return names;
}

inline Write put(std::shared_ptr<const Resource> resource, std::optional<uint64_t> expected = std::nullopt) {
  return {Write::Kind::kPut, resource->key, resource, expected};
}
inline Write erase(ResourceKey key, std::optional<uint64_t> expected = std::nullopt) {
  return {Write::Kind::kDelete, std::move(key), nullptr, expected};
}

}  // namespace weft::cp
