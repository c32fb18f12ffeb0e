// A directory in an SQLite file: Better Auth's tables beside the documents, or a file of their own.
#pragma once

#include <string>
#include <vector>

#include "auth/directory.h"

namespace canvas::auth {

// As inspect_directory; Errc::not_found when there is no such file.
Result<std::unique_ptr<DirectoryOpener>> inspect_sqlite_directory(const DirectoryOptions& options);

// As migrate_access. There are no triggers to be had: SQLite tells nobody.
Result<std::vector<std::string>> migrate_sqlite_access(const DirectoryOptions& options,
                                                       const AccessMigration& what);

}  // namespace canvas::auth
