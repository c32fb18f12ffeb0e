// A directory in a PostgreSQL database, and what tells of its changes.
#pragma once

#include <memory>
#include <string>

#include "auth/directory.h"
#include "auth/postgres_layout.h"

namespace canvas::auth {

// `target`: a connection string.
std::unique_ptr<Directory> open_postgres_directory(std::string target,
                                                   std::shared_ptr<const PostgresStatements> statements);
std::unique_ptr<ChangeFeed> open_postgres_feed(std::string target);

// Looks at the tables, as inspect_directory does.
Result<std::unique_ptr<DirectoryOpener>> inspect_postgres_directory(const DirectoryOptions& options);

}  // namespace canvas::auth
