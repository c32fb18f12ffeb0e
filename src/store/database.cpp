#include "store/database.h"

#include "store/postgres_database.h"
#include "store/sqlite_database.h"

namespace canvas::store {
Result<std::unique_ptr<Store>> open_store(const db::Database& database, const StoreOptions& options,
                                          Merge merge) {
  if (database.kind == db::Database::Kind::postgres)
    return open_postgres_store(database, options, std::move(merge));
  return open_sqlite_store(database.target, options, std::move(merge));
}

Result<std::unique_ptr<Tables>> open_tables(const db::Database& database, Use use) {
  if (database.kind == db::Database::Kind::postgres) return open_postgres_tables(database);
  return open_sqlite_tables(database.target, use);
}

Result<std::vector<std::string>> migrate(const db::Database& database, Migration mode) {
  if (database.kind == db::Database::Kind::postgres) return migrate_postgres_database(database, mode);
  return migrate_sqlite_file(database.target, mode);
}

}  // namespace canvas::store
