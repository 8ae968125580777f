// The store's tables and every statement on them: opening and checking a file, rows to resources and back. The only
// file pair that holds SQL of resources. Used under the store's lock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/resource.h"
#include "control-plane/store/database.h"
#include "control-plane/store/sqlite_store.h"

namespace weft::cp {

// Version of the tables below, kept in the file, and the oldest that can be read: 1 is 2 without sealed rows.
inline constexpr int64_t kSchemaVersion = 2;
inline constexpr int64_t kOldestSchemaVersion = 1;

// A resource's columns; `key` is the one it is stored under. Made where the write is asked for, so that the writer
// thread only moves bytes.
struct Columns {
  std::string labels;
  std::string spec;  // sealed, when only administrators may see it and there is a box
  std::optional<std::string> status;
};
Result<Columns> columns_of(const ResourceKey& key, const Resource& resource, const SecretBox* secrets);

class Tables {
 public:
  // Error: what is wrong with the file, naming it.
  static Result<std::unique_ptr<Tables>> open(const std::string& path, const SqliteOptions& options);

  Database& database() { return database_; }

  Result<uint64_t> revision();
  Status set_revision(uint64_t revision);

  // Revision and creation time of a row; nullopt when there is none.
  struct Stamp {
    uint64_t revision;
    Time created;
  };
  Result<std::optional<Stamp>> stamp(const ResourceKey& key);
  Result<ResourcePtr> get(const ResourceKey& key);  // null when there is none
  // An empty type means every type, an empty mesh every mesh.
  Result<std::vector<ResourcePtr>> list(std::string_view type, std::string_view mesh);
  Result<std::vector<ResourceKey>> keys_in_mesh(std::string_view mesh);
  // `resource` has its key, times and revision; the rest is in `columns`.
  Status put(const Resource& resource, const Columns& columns);
  Status erase(const ResourceKey& key);

 private:
  explicit Tables(Database database) : database_(std::move(database)) {}
  Status check_version();
  Status prepare();

  Database database_;
  std::shared_ptr<SecretBox> secrets_;
  Statement revision_, set_revision_, stamp_, get_, list_all_, list_type_, list_mesh_, keys_in_mesh_, put_, erase_;
};

}  // namespace weft::cp
