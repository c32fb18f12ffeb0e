#include "store/sqlite_schema.h"

#include <array>

namespace canvas::store {
namespace {

using db::SqliteConnection;
using db::SqliteStatement;
using db::SqliteTransaction;

constexpr const char* version_1 = R"sql(CREATE TABLE yjs_document (
  id TEXT PRIMARY KEY,
  data BLOB NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE TABLE yjs_update_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document_id TEXT NOT NULL REFERENCES yjs_document (id) ON DELETE CASCADE,
  "update" BLOB NOT NULL,
  user_id TEXT,
  created_at TEXT NOT NULL
);
CREATE INDEX yjs_update_log_document ON yjs_update_log (document_id);)sql";

constexpr const char* version_2 = R"sql(ALTER TABLE yjs_document ADD COLUMN checksum INTEGER;
ALTER TABLE yjs_document ADD COLUMN sealed_at TEXT;
ALTER TABLE yjs_update_log ADD COLUMN checksum INTEGER;
ALTER TABLE yjs_update_log ADD COLUMN folded_at TEXT;
DROP INDEX yjs_update_log_document;
CREATE INDEX yjs_update_log_present ON yjs_update_log (document_id, folded_at, id);
CREATE INDEX yjs_update_log_kept ON yjs_update_log (created_at) WHERE folded_at IS NOT NULL;
CREATE TABLE yjs_document_base (
  document_id TEXT PRIMARY KEY REFERENCES yjs_document (id) ON DELETE CASCADE,
  data BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  base_time TEXT NOT NULL
);
CREATE TABLE yjs_quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document_id TEXT NOT NULL,
  row_id INTEGER,
  data BLOB NOT NULL,
  checksum INTEGER,
  user_id TEXT,
  created_at TEXT NOT NULL,
  reason TEXT NOT NULL,
  set_aside_at TEXT NOT NULL
);)sql";

// The first makes version 1 of nothing, each other one makes the next.
constexpr std::array steps{version_1, version_2};

Result<std::int64_t> version_of(SqliteConnection& connection) {
  Result<SqliteStatement> query = connection.prepare("PRAGMA user_version");
  if (!query) return query.error();
  if (const Result<bool> row = query->step(); !row) return row.error();
  return query->integer(0);
}

}  // namespace

Result<std::vector<std::string>> plan_sqlite_migration(SqliteConnection& connection) {
  const Result<std::int64_t> version = version_of(connection);
  if (!version) return version.error();
  constexpr auto known = static_cast<std::int64_t>(steps.size());
  if (*version < 0 || *version > known) {
    return Error{Errc::unsupported, "its tables are of version " + std::to_string(*version) +
                                        ", this program knows version " + std::to_string(known) +
                                        ": use a newer canvas-ws"};
  }
  std::vector<std::string> plan(steps.begin() + *version, steps.end());
  if (!plan.empty()) plan.push_back("PRAGMA user_version = " + std::to_string(known) + ";");
  return plan;
}

Result<std::vector<std::string>> migrate_sqlite(SqliteConnection& connection) {
  Result<SqliteTransaction> transaction =
      SqliteTransaction::begin(connection, SqliteTransaction::Kind::write);
  if (!transaction) return transaction.error();
  Result<std::vector<std::string>> plan = plan_sqlite_migration(connection);
  if (!plan) return plan;
  for (const std::string& sql : *plan) {
    if (const Result<void> ran = connection.execute(sql); !ran) return ran.error();
  }
  if (const Result<void> committed = transaction->commit(); !committed) return committed.error();
  return plan;
}

}  // namespace canvas::store
