#include "store/sqlite_database.h"

#include <filesystem>

#include "store/sqlite_schema.h"
#include "store/sqlite_tables.h"
#include "store/table_store.h"

namespace canvas::store {
namespace {

using db::FileLock;
using db::SqliteConnection;

constexpr std::size_t loader_count = 2;

Error cannot_use(const std::string& path, const Error& error) {
  return {error.code, "cannot use the database " + path + ": " + error.message};
}

Result<FileLock> lock_file(const std::string& path) {
  return FileLock::take(path + ".lock");
}

Result<std::unique_ptr<Tables>> open_unlocked(const std::string& path) {
  Result<SqliteConnection> connection = open_sqlite(path, Missing::fail);
  if (!connection) return connection.error();
  return make_sqlite_tables(std::move(*connection), std::nullopt);
}

Result<TableConnections> connect(const std::string& path) {
  Result<FileLock> lock = lock_file(path);
  if (!lock) return lock.error();
  Result<SqliteConnection> writer = open_sqlite(path, Missing::create);
  if (!writer) return writer.error();
  if (const auto migrated = migrate_sqlite(*writer); !migrated) return migrated.error();
  TableConnections connections;
  connections.folds = TableConnections::Folds::by_writer;
  connections.writer = make_sqlite_tables(std::move(*writer), std::move(*lock));
  for (std::size_t i = 0; i < loader_count; ++i) {
    Result<std::unique_ptr<Tables>> loader = open_unlocked(path);
    if (!loader) return loader.error();
    connections.loaders.push_back(std::move(*loader));
  }
  Result<std::unique_ptr<Tables>> folder = open_unlocked(path);
  if (!folder) return folder.error();
  connections.folder = std::move(*folder);
  return connections;
}

Result<std::unique_ptr<Tables>> open_tables_of(const std::string& path, Use use) {
  Result<SqliteConnection> connection = open_sqlite(path, Missing::fail);
  if (!connection) return connection.error();
  std::optional<FileLock> lock;
  if (use == Use::write) {
    Result<FileLock> taken = lock_file(path);
    if (!taken) return taken.error();
    lock.emplace(std::move(*taken));
  }
  const auto plan = plan_sqlite_migration(*connection);
  if (!plan) return plan.error();
  if (!plan->empty()) {
    return Error{Errc::unsupported,
                 "its tables are of an older version; run: canvas-ws migrate --database sqlite:" + path};
  }
  return make_sqlite_tables(std::move(*connection), std::move(lock));
}

// A file that is not there is like an empty one, and is not made for this.
Result<std::vector<std::string>> plan_file(const std::string& path) {
  const bool is_there = std::filesystem::exists(path);
  Result<SqliteConnection> connection = open_sqlite(is_there ? path : ":memory:", Missing::create);
  if (!connection) return connection.error();
  return plan_sqlite_migration(*connection);
}

Result<std::vector<std::string>> migrate_file(const std::string& path) {
  Result<FileLock> lock = lock_file(path);
  if (!lock) return lock.error();
  Result<SqliteConnection> connection = open_sqlite(path, Missing::create);
  if (!connection) return connection.error();
  return migrate_sqlite(*connection);
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const StoreOptions& options,
                                                 Merge merge) {
  Result<TableConnections> connections = connect(path);
  if (!connections) return cannot_use(path, connections.error());
  return make_table_store(std::move(*connections), options, std::move(merge));
}

Result<std::unique_ptr<Tables>> open_sqlite_tables(const std::string& path, Use use) {
  Result<std::unique_ptr<Tables>> tables = open_tables_of(path, use);
  if (!tables) return cannot_use(path, tables.error());
  return tables;
}

Result<std::vector<std::string>> migrate_sqlite_file(const std::string& path, Migration mode) {
  Result<std::vector<std::string>> migrated = mode == Migration::run ? migrate_file(path) : plan_file(path);
  if (!migrated) return cannot_use(path, migrated.error());
  return migrated;
}

}  // namespace canvas::store
