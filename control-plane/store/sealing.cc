#include "control-plane/store/sealing.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace weft::cp {
namespace {

struct Row {
  ResourceKey key;
  std::string spec;
};

std::string name_of(const ResourceKey& key) {
  return key.mesh.empty() ? cat(key.type, " \"", key.name, '"')
                          : cat(key.type, " \"", key.name, "\" of mesh \"", key.mesh, '"');
}

// Opened rows that have to be sealed anew. Error: the first that cannot be opened.
Result<std::vector<Row>> rows_to_seal(Database& database, const SecretBox& box) {
  std::vector<Row> rows;
  Result<Statement> select = database.prepare("SELECT type, mesh, name, spec FROM resources WHERE type = ?1");
  if (!select.ok()) return select.status();
  for (const Kind& kind : kinds()) {
    if (!is_sealed_kind(kind)) continue;
    select->bind(1, kind.type());
    while (true) {
      const Result<bool> found = select->step();
      if (!found.ok()) return found.status();
      if (!*found) break;
      ResourceKey key{std::string(select->text(0)), std::string(select->text(1)), std::string(select->text(2))};
      const std::string kept(select->text(3));
      Result<std::string> spec = open_spec(&box, key, kept);
      if (!spec.ok()) {
        select->reset();
        return spec.status();
      }
      if (!is_sealed(kept) || !box.is_newest(kept)) rows.push_back({std::move(key), *std::move(spec)});
    }
  }
  return rows;
}

// A row of the table `meta`, there while bytes that are sealed now may still stand unsealed in what the file does not
// use.
constexpr std::string_view kRemains = "unsealed_remains";

Status replace(Database& database, const SecretBox& box, const std::vector<Row>& rows) {
  Result<Statement> update =
      database.prepare("UPDATE resources SET spec = ?4 WHERE type = ?1 AND mesh = ?2 AND name = ?3");
  if (!update.ok()) return update.status();
  if (Status begun = database.execute("BEGIN IMMEDIATE;"); !begun.ok()) return begun;
  for (const Row& row : rows) {
    const Result<std::string> sealed = box.seal(row.key, row.spec);
    Status status = sealed.status();
    if (status.ok()) {
      update->bind(1, row.key.type).bind(2, row.key.mesh).bind(3, row.key.name).bind_blob(4, *sealed);
      status = update->run();
    }
    if (!status.ok()) {
      (void)database.execute("ROLLBACK;");
      return status;
    }
  }
  return database.execute(cat("INSERT OR REPLACE INTO meta VALUES ('", kRemains,
                              "', 1); PRAGMA user_version = ", kSealedSchemaVersion, "; COMMIT;"));
}

// Rewrites the whole file without what it does not use, and empties the log of changes.
Status sweep(Database& database) {
  const Result<int64_t> remains = database.number(cat("SELECT count(*) FROM meta WHERE name = '", kRemains, "'"));
  if (!remains.ok()) return remains.status();
  if (*remains == 0) return ok();
  return database.execute(
      cat("VACUUM; DELETE FROM meta WHERE name = '", kRemains, "'; PRAGMA wal_checkpoint(TRUNCATE);"));
}

}  // namespace

Result<std::string> seal_spec(const SecretBox* box, const ResourceKey& key, const Kind& kind, std::string bytes) {
  if (box == nullptr || !is_sealed_kind(kind)) return bytes;
  return box->seal(key, bytes);
}

Result<std::string> open_spec(const SecretBox* box, const ResourceKey& key, std::string_view bytes) {
  if (!is_sealed(bytes)) return std::string(bytes);
  if (box == nullptr) return invalid(cat("the ", name_of(key), " is encrypted, and there is no key"));
  Result<std::string> opened = box->open(key, bytes);
  if (!opened.ok()) return annotate(opened.status(), cat("the ", name_of(key), " cannot be decrypted"));
  return opened;
}

Status seal_rows(Database& database, SecretBox& box) {
  const Result<std::vector<Row>> rows = rows_to_seal(database, box);
  if (!rows.ok()) return rows.status();
  if (Status kept = box.keep_key(); !kept.ok()) return kept;
  if (!rows->empty()) {
    if (Status replaced = replace(database, box, *rows); !replaced.ok()) return replaced;
    log_info("secrets of the store are encrypted with the newest key", {{"rows", rows->size()}});
  }
  return sweep(database);
}

}  // namespace weft::cp
