#include "store/database.h"

#include "db/postgres.h"
#include "store/postgres_database.h"
#include "store/sqlite_database.h"

namespace canvas::store {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

}  // namespace

Result<Database> parse_database(std::string_view text) {
  if (text.starts_with(sqlite_scheme)) {
    text.remove_prefix(sqlite_scheme.size());
    if (text.empty()) return Error{Errc::invalid_use, "sqlite:FILE needs the name of a file"};
    return Database{Database::Kind::sqlite, std::string(text)};
  }
  const bool is_uri = text.starts_with("postgres://") || text.starts_with("postgresql://");
  if (!is_uri && text.find('=') == std::string_view::npos) {
    return Error{Errc::invalid_use,
                 "a database is sqlite:FILE, postgres://USER:PASSWORD@HOST:PORT/NAME, or keywords such as "
                 "\"host=... dbname=...\""};
  }
  Database database{Database::Kind::postgres, std::string(text)};
  if (const Result<std::string> read = db::describe_connection(database.target); !read) return read.error();
  return database;
}

std::string Database::description() const {
  if (kind == Kind::sqlite) return target;
  const Result<std::string> described = db::describe_connection(target);
  return described ? *described : "(PostgreSQL)";
}

Result<std::unique_ptr<Store>> open_store(const Database& database, const StoreOptions& options,
                                          Merge merge) {
  if (database.kind == Database::Kind::postgres)
    return open_postgres_store(database, options, std::move(merge));
  return open_sqlite_store(database.target, options, std::move(merge));
}

Result<std::unique_ptr<Tables>> open_tables(const Database& database, Use use) {
  if (database.kind == Database::Kind::postgres) return open_postgres_tables(database);
  return open_sqlite_tables(database.target, use);
}

Result<std::vector<std::string>> migrate(const Database& database, Migration mode) {
  if (database.kind == Database::Kind::postgres) return migrate_postgres_database(database, mode);
  return migrate_sqlite_file(database.target, mode);
}

}  // namespace canvas::store
