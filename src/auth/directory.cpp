#include "auth/directory.h"

#include "auth/postgres_directory.h"
#include "auth/postgres_migration.h"
#include "auth/sqlite_directory.h"

namespace canvas::auth {

Result<std::unique_ptr<DirectoryOpener>> inspect_directory(const DirectoryOptions& options) {
  return options.database.kind == db::Database::Kind::sqlite ? inspect_sqlite_directory(options)
                                                             : inspect_postgres_directory(options);
}

Result<std::vector<std::string>> migrate_access(const DirectoryOptions& options,
                                                const AccessMigration& what) {
  return options.database.kind == db::Database::Kind::sqlite ? migrate_sqlite_access(options, what)
                                                             : migrate_postgres_access(options, what);
}

}  // namespace canvas::auth
