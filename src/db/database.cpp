#include "db/database.h"

#include "db/postgres.h"

namespace canvas::db {
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
  if (const Result<std::string> read = describe_connection(database.target); !read) return read.error();
  return database;
}

std::string Database::description() const {
  if (kind == Kind::sqlite) return target;
  const Result<std::string> described = describe_connection(target);
  return described ? *described : "(PostgreSQL)";
}

}  // namespace canvas::db
