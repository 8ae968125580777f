#include "control-plane/store/tables.h"

#include <utility>

#include "base/text.h"
#include "control-plane/resource/kind.h"
#include "control-plane/store/sealing.h"
#include "weft/v1/common.pb.h"

namespace weft::cp {
namespace {

constexpr int64_t kApplicationId = 0x57656674;  // "Weft"
constexpr uint64_t kPageBytes = 4096;

// One connection holds the file for itself, which keeps a second control plane out and saves the shared-memory index.
// FULL: a commit returns when its bytes are on the disk. What is deleted is overwritten: it may have been a key.
constexpr std::string_view kPragmas =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;";

constexpr std::string_view kCreate = R"(
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('revision', 0);
CREATE TABLE resources (
  type TEXT NOT NULL, mesh TEXT NOT NULL, name TEXT NOT NULL,
  revision INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
  labels BLOB NOT NULL, spec BLOB NOT NULL, status BLOB,
  PRIMARY KEY (type, mesh, name)) WITHOUT ROWID;
CREATE INDEX resources_by_mesh ON resources (mesh);
)";

constexpr std::string_view kColumns = "type, mesh, name, revision, created, modified, labels, spec, status";

Time time_of(int64_t microseconds) { return Time(std::chrono::microseconds(microseconds)); }

Result<std::shared_ptr<const google::protobuf::Message>> parse(const google::protobuf::Message* prototype,
                                                               std::string_view bytes) {
  std::shared_ptr<google::protobuf::Message> message(prototype->New());
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return internal("a stored message is damaged");
  return message;
}

Result<ResourcePtr> read_row(const Statement& row, const SecretBox* secrets) {
  auto resource = std::make_shared<Resource>();
  resource->key = {std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))};
  const Kind* kind = find_kind(resource->key.type);
  if (kind == nullptr)
    return internal(cat("the store holds a ", resource->key.type, ", which this version does not know"));
  resource->revision = static_cast<uint64_t>(row.integer(3));
  resource->created = time_of(row.integer(4));
  resource->modified = time_of(row.integer(5));
  v1::LabelSelector labels;
  if (!labels.ParseFromArray(row.text(6).data(), static_cast<int>(row.text(6).size()))) {
    return internal("stored labels are damaged");
  }
  resource->labels.insert(labels.match_labels().begin(), labels.match_labels().end());
  const Result<std::string> bytes = open_spec(secrets, resource->key, row.text(7));
  if (!bytes.ok()) return bytes.status();
  auto spec = parse(kind->spec, *bytes);
  if (!spec.ok()) return spec.status();
  resource->spec = *std::move(spec);
  if (!row.is_null(8) && kind->status != nullptr) {
    auto status = parse(kind->status, row.text(8));
    if (!status.ok()) return status.status();
    resource->status = *std::move(status);
  }
  return resource;
}

Result<std::vector<ResourcePtr>> read_rows(Statement& statement, const SecretBox* secrets) {
  std::vector<ResourcePtr> all;
  while (true) {
    const Result<bool> row = statement.step();
    if (!row.ok()) return row.status();
    if (!*row) return all;
    Result<ResourcePtr> resource = read_row(statement, secrets);
    if (!resource.ok()) {
      statement.reset();
      return resource.status();
    }
    all.push_back(*std::move(resource));
  }
}

Statement& bind_key(Statement& statement, const ResourceKey& key) {
  return statement.bind(1, key.type).bind(2, key.mesh).bind(3, key.name);
}

}  // namespace

Result<Columns> columns_of(const ResourceKey& key, const Resource& resource, const SecretBox* secrets) {
  const Kind* kind = find_kind(key.type);
  if (kind == nullptr) return internal(cat("there is no kind ", key.type));
  Columns out;
  v1::LabelSelector labels;
  labels.mutable_match_labels()->insert(resource.labels.begin(), resource.labels.end());
  out.labels = labels.SerializeAsString();
  Result<std::string> spec = seal_spec(secrets, key, *kind, resource.spec->SerializeAsString());
  if (!spec.ok()) return spec.status();
  out.spec = *std::move(spec);
  if (resource.status != nullptr) out.status = resource.status->SerializeAsString();
  return out;
}

Result<std::unique_ptr<Tables>> Tables::open(const std::string& path, const SqliteOptions& options) {
  Result<Database> database = Database::open(path);
  if (!database.ok()) return database.status();
  std::unique_ptr<Tables> tables(new Tables(*std::move(database)));
  Status status = tables->database_.execute(std::string(kPragmas));
  if (status.ok() && options.max_bytes > 0) {
    status = tables->database_.execute(cat("PRAGMA max_page_count = ", options.max_bytes / kPageBytes, ";"));
  }
  if (status.ok()) status = tables->check_version();
  tables->secrets_ = options.secrets;
  if (status.ok() && options.secrets != nullptr) status = seal_rows(tables->database_, *options.secrets);
  if (status.ok()) status = tables->prepare();
  if (!status.ok()) return annotate(status, cat("open the store ", path));
  return tables;
}

Status Tables::check_version() {
  // Taking the write lock finds a second process, and a folder that cannot be written, now and not at the first write.
  if (Status status = database_.execute("BEGIN EXCLUSIVE;"); !status.ok()) return status;
  const Result<int64_t> application = database_.number("PRAGMA application_id");
  const Result<int64_t> version = database_.number("PRAGMA user_version");
  const Result<int64_t> tables = database_.number("SELECT count(*) FROM sqlite_schema");
  for (const auto* read : {&application, &version, &tables}) {
    if (!read->ok()) return read->status();
  }
  if (*application != kApplicationId && *tables > 0) return invalid("this is another program's database");
  if (*version > kSchemaVersion) {
    return invalid(cat("it was written by a newer version of weft-cp (its schema is ", *version,
                       ", this version knows up to ", kSchemaVersion, ")"));
  }
  if (*tables > 0 && *version < kOldestSchemaVersion) {
    return invalid(cat("its schema ", *version, " is older than any that this version can read"));
  }
  if (*tables == 0) {
    Status status = database_.execute(
        cat(kCreate, "PRAGMA application_id = ", kApplicationId, "; PRAGMA user_version = ", kSchemaVersion, ";"));
    if (!status.ok()) return status;
  }
  return database_.execute("COMMIT;");
}

Status Tables::prepare() {
  const std::string select = cat("SELECT ", kColumns, " FROM resources");
  constexpr std::string_view order = " ORDER BY type, mesh, name";
  constexpr std::string_view by_key = " WHERE type = ?1 AND mesh = ?2 AND name = ?3";
  const std::pair<Statement*, std::string> wanted[] = {
      {&revision_, "SELECT value FROM meta WHERE name = 'revision'"},
      {&set_revision_, "UPDATE meta SET value = ?1 WHERE name = 'revision'"},
      {&stamp_, cat("SELECT revision, created FROM resources", by_key)},
      {&get_, cat(select, by_key)},
      {&list_all_, cat(select, order)},
      {&list_type_, cat(select, " WHERE type = ?1", order)},
      {&list_mesh_, cat(select, " WHERE type = ?1 AND mesh = ?2", order)},
      {&keys_in_mesh_, cat("SELECT type, mesh, name FROM resources WHERE mesh = ?1", order)},
      {&put_, cat("INSERT OR REPLACE INTO resources (", kColumns, ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")},
      {&erase_, cat("DELETE FROM resources", by_key)},
  };
  for (const auto& [statement, sql] : wanted) {
    Result<Statement> prepared = database_.prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return ok();
}

Result<uint64_t> Tables::revision() {
  const Result<bool> row = revision_.step();
  if (!row.ok()) return row.status();
  if (!*row) return internal("the store has lost its revision");
  const auto revision = static_cast<uint64_t>(revision_.integer(0));
  revision_.reset();
  return revision;
}

Status Tables::set_revision(uint64_t revision) { return set_revision_.bind(1, static_cast<int64_t>(revision)).run(); }

Result<std::optional<Tables::Stamp>> Tables::stamp(const ResourceKey& key) {
  const Result<bool> row = bind_key(stamp_, key).step();
  if (!row.ok()) return row.status();
  if (!*row) return std::optional<Stamp>();
  const Stamp stamp{static_cast<uint64_t>(stamp_.integer(0)), time_of(stamp_.integer(1))};
  stamp_.reset();
  return std::optional(stamp);
}

Result<ResourcePtr> Tables::get(const ResourceKey& key) {
  Result<std::vector<ResourcePtr>> rows = read_rows(bind_key(get_, key), secrets_.get());
  if (!rows.ok()) return rows.status();
  return rows->empty() ? ResourcePtr() : rows->front();
}

Result<std::vector<ResourcePtr>> Tables::list(std::string_view type, std::string_view mesh) {
  if (type.empty()) return read_rows(list_all_, secrets_.get());
  if (mesh.empty()) return read_rows(list_type_.bind(1, type), secrets_.get());
  return read_rows(list_mesh_.bind(1, type).bind(2, mesh), secrets_.get());
}

Result<std::vector<ResourceKey>> Tables::keys_in_mesh(std::string_view mesh) {
  std::vector<ResourceKey> keys;
  keys_in_mesh_.bind(1, mesh);
  while (true) {
    const Result<bool> row = keys_in_mesh_.step();
    if (!row.ok()) return row.status();
    if (!*row) return keys;
    keys.push_back(
        {std::string(keys_in_mesh_.text(0)), std::string(keys_in_mesh_.text(1)), std::string(keys_in_mesh_.text(2))});
  }
}

Status Tables::put(const Resource& resource, const Columns& columns) {
  bind_key(put_, resource.key)
      .bind(4, static_cast<int64_t>(resource.revision))
      .bind(5, resource.created.time_since_epoch().count())
      .bind(6, resource.modified.time_since_epoch().count())
      .bind_blob(7, columns.labels)
      .bind_blob(8, columns.spec);
  if (columns.status.has_value())
    put_.bind_blob(9, *columns.status);
  else
    put_.bind_null(9);
  return put_.run();
}

Status Tables::erase(const ResourceKey& key) { return bind_key(erase_, key).run(); }

}  // namespace weft::cp
