#include "store/database.h"

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
  return Error{Errc::invalid_use, "take sqlite:FILE"};
}

std::string Database::description() const {
  return target;
}

Result<std::unique_ptr<Store>> open_store(const Database& database, const StoreOptions& options,
                                          Merge merge) {
  return open_sqlite_store(database.target, options, std::move(merge));
}

Result<std::unique_ptr<Tables>> open_tables(const Database& database, Use use) {
  return open_sqlite_tables(database.target, use);
}

Result<std::vector<std::string>> migrate(const Database& database, Migration mode) {
  return migrate_sqlite_file(database.target, mode);
}

}  // namespace canvas::store
