// A thin layer over sqlite3: a connection and its statements, with errors as values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace canvas::db {

// A prepared statement. Belongs to one thread at a time and must go before its connection.
//
//   insert.bind(1, name);
//   Result<void> done = insert.run();
class SqliteStatement {
public:
  // Parameters count from 1. What a view points to must live until reset() or run() returns.
  void bind(int parameter, std::string_view text);
  void bind(int parameter, BytesView blob);
  void bind(int parameter, std::int64_t value);
  void bind_null(int parameter);
  // The number of the parameter that the SQL calls `name` (`$1`); 0 when it has none.
  int parameter(const char* name) const;

  // Goes to the next row; false when there is none.
  Result<bool> step();
  // Goes through all rows and resets: for statements that give none.
  Result<void> run();
  // Makes it ready to run again, without its parameters.
  void reset();

  // Columns count from 0. Views are valid until the next step or reset.
  std::string_view text(int column) const;
  BytesView blob(int column) const;
  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  bool is_text(int column) const;
  int columns() const;
  std::string_view name(int column) const;

  // Whether it leaves the file as it is.
  bool is_read_only() const;

private:
  friend class SqliteConnection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection to a database file. Belongs to one thread at a time. Failures are Errc::unavailable when the
// file is locked by somebody else, else Errc::io.
class SqliteConnection {
public:
  // What to do when the file is missing: make it, or fail with Errc::not_found.
  enum class Missing { create, fail };
  // A lock of another connection is waited for up to `busy_timeout_ms`.
  static Result<SqliteConnection> open(const std::string& path, int busy_timeout_ms,
                                       Missing missing = Missing::create);

  Result<SqliteStatement> prepare(std::string_view sql);
  // Runs one or more statements that give no rows.
  Result<void> execute(const std::string& sql);
  // Whether a transaction is open.
  bool in_transaction() const;
  // How many rows the last statement inserted, changed or deleted.
  int changes() const;

private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit SqliteConnection(sqlite3* connection) : connection_(connection) {}

  std::unique_ptr<sqlite3, Close> connection_;
};

// A transaction of `connection` that is rolled back unless commit() has succeeded.
class SqliteTransaction {
public:
  enum class Kind { read, write };  // write takes the lock at once

  static Result<SqliteTransaction> begin(SqliteConnection& connection, Kind kind);
  Result<void> commit();

  SqliteTransaction(SqliteTransaction&& other) noexcept;
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();

private:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(&connection) {}

  SqliteConnection* connection_;
};

}  // namespace canvas::db
