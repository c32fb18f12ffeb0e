#include "store/postgres_database.h"

#include "base/log.h"
#include "store/postgres_tables.h"
#include "store/table_store.h"

namespace canvas::store {
namespace {

using db::PostgresConnection;

constexpr std::size_t loader_count = 3;

Error cannot_use(const Database& database, const Error& error) {
  return {error.code, "cannot use the database " + database.description() + ": " + error.message};
}

Error needs_migration() {
  return {Errc::unsupported, "its tables are not there, or not complete; run: canvas-ws migrate"};
}

Result<PostgresConnection> connect(const Database& database) {
  return PostgresConnection::connect({.target = database.target});
}

Result<std::shared_ptr<const PostgresSql>> sql_for(PostgresConnection& connection) {
  const Result<PostgresSchema> schema = inspect_postgres(connection);
  if (!schema) return schema.error();
  if (!schema->is_complete) return needs_migration();
  return std::make_shared<const PostgresSql>(*schema);
}

// What an operator may have chosen for speed, and what that means here.
void warn_of_settings(PostgresConnection& connection) {
  const auto fsync = connection.query("SELECT current_setting('fsync') = 'on'");
  if (fsync && !fsync->boolean(0, 0)) {
    log::warning("store.fsync_off", {{"meaning",
                                      "this PostgreSQL may lose what it has committed when the power "
                                      "goes, and with it what was acknowledged"}});
  }
}

Result<std::shared_ptr<const PostgresSql>> prepare(const Database& database) {
  Result<PostgresConnection> connection = connect(database);
  if (!connection) return connection.error();
  warn_of_settings(*connection);
  return sql_for(*connection);
}

Result<std::vector<std::string>> migrate_database(const Database& database, Migration mode) {
  Result<PostgresConnection> connection = connect(database);
  if (!connection) return connection.error();
  return mode == Migration::run ? migrate_postgres(*connection) : plan_postgres_migration(*connection);
}

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(const Database& database, const StoreOptions& options,
                                                   Merge merge) {
  const auto sql = prepare(database);
  if (!sql) return cannot_use(database, sql.error());
  const auto tables = [&](PostgresRole role) { return make_postgres_tables(database.target, *sql, role); };
  TableConnections connections;
  connections.folds = TableConnections::Folds::by_folder;
  connections.writer = tables(PostgresRole::writer);
  connections.folder = tables(PostgresRole::other);
  for (std::size_t i = 0; i < loader_count; ++i) connections.loaders.push_back(tables(PostgresRole::other));
  return make_table_store(std::move(connections), options, std::move(merge));
}

Result<std::unique_ptr<Tables>> open_postgres_tables(const Database& database) {
  const auto sql = prepare(database);
  if (!sql) return cannot_use(database, sql.error());
  return make_postgres_tables(database.target, *sql, PostgresRole::other);
}

Result<std::vector<std::string>> migrate_postgres_database(const Database& database, Migration mode) {
  Result<std::vector<std::string>> migrated = migrate_database(database, mode);
  if (!migrated) return cannot_use(database, migrated.error());
  return migrated;
}

}  // namespace canvas::store
