#include "auth/diagram_tables.h"
#include "auth/sqlite_directory.h"
#include "auth/sqlite_layout.h"

namespace canvas::auth {
namespace {

using db::SqliteConnection;
using db::SqliteTransaction;

constexpr int migration_busy_timeout_ms = 5000;
constexpr DiagramDialect sqlite_dialect{
    .time = "text", .now = "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", .row = "integer PRIMARY KEY"};

Result<std::vector<std::string>> plan_sqlite(SqliteConnection& connection, const NameMap& names) {
  Result<AccessTables> tables = find_sqlite_tables(connection, names);
  if (!tables) return tables.error();
  Result<std::vector<std::string>> plan = plan_diagrams(
      *tables, sqlite_dialect, [&](const TableName& name) { return read_sqlite_columns(connection, name); });
  if (!plan) return plan;
  for (std::string& statement : *plan) statement += ';';
  return plan;
}

}  // namespace

Result<std::vector<std::string>> migrate_sqlite_access(const DirectoryOptions& options,
                                                       const AccessMigration& what) {
  if (what.with_triggers) {
    return Error{Errc::invalid_use,
                 "SQLite has no triggers that tell another program of changes; they are seen within the "
                 "interval of the re-check"};
  }
  if (!what.with_diagrams) return std::vector<std::string>{};
  const Result<NameMap> names = NameMap::parse(options.names);
  if (!names) return names.error();
  Result<SqliteConnection> connection = SqliteConnection::open(
      options.database.target, migration_busy_timeout_ms, SqliteConnection::Missing::fail);
  if (!connection) return connection.error();
  if (what.plan_only) return plan_sqlite(*connection, *names);
  Result<SqliteTransaction> transaction =
      SqliteTransaction::begin(*connection, SqliteTransaction::Kind::write);
  if (!transaction) return transaction.error();
  Result<std::vector<std::string>> plan = plan_sqlite(*connection, *names);
  if (!plan) return plan;
  for (const std::string& statement : *plan) {
    if (const Result<void> ran = connection->execute(statement); !ran) return ran.error();
  }
  if (const Result<void> committed = transaction->commit(); !committed) return committed.error();
  return plan;
}

}  // namespace canvas::auth
