// SQLite as values: no exceptions, no raw handles, errors as Status. `unavailable` is what the disk or another process
// caused; `internal` a file that is damaged. Not thread-safe: the owner locks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weft::cp {

class Database;

// One prepared statement, reset after each use. Parameters are numbered from 1, columns from 0.
class Statement {
 public:
  Statement() = default;
  Statement& bind(int parameter, std::string_view value);  // text
  Statement& bind(int parameter, int64_t value);
  Statement& bind_blob(int parameter, std::string_view value);
  Statement& bind_null(int parameter);
  // True: there is a row. False: done; the statement is reset.
  Result<bool> step();
  // Runs a statement that gives no rows.
  Status run();
  // For when rows are left unread.
  void reset();

  std::string_view text(int column) const;  // also bytes; until the next step
  int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // Creates the file when it is missing. Error: names the path.
  static Result<Database> open(const std::string& path);

  Status execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // One number: PRAGMA user_version.
  Result<int64_t> number(std::string_view sql);
  // Rows the last statement changed.
  int64_t changed() const;
  // Whether a transaction is open; a full disk may have ended it.
  bool in_transaction() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace weft::cp
