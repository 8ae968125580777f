// The embedded store: one SQLite file (WAL, every commit flushed). One writer thread gathers the writes that wait and
// commits them together, so that concurrent writers share one flush. A file of a newer schema, or one that another
// process has open, is refused at open with a sentence that says so. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "control-plane/store/secret_box.h"
#include "control-plane/store/store.h"

namespace weft::cp {

struct SqliteOptions {
  // Largest size of the database file; a write beyond it fails with `unavailable`. 0: as large as the disk allows.
  uint64_t max_bytes = 0;
  // How many changes are remembered for watch(from_revision).
  size_t max_remembered_changes = 1024;
  // Seals what only administrators may see. Rows from before there was one, or sealed with an older key, are sealed
  // anew at open, and what the file held of them is overwritten. Null: nothing is sealed, and sealed rows are an error.
  std::shared_ptr<SecretBox> secrets;
};

// `path`: a file, created when missing (its directory must exist), or ":memory:".
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteOptions& options = {});

}  // namespace weft::cp
