// The tables of an SQLite file, and how they came to be.
#pragma once

#include <string>
#include <vector>

#include "db/sqlite.h"

namespace canvas::store {

// What has to be run to bring the file from the version that it has (PRAGMA user_version; 0: no tables) to
// the one that this program knows; empty when it has it. Fails with Errc::unsupported when the file is of a
// later version.
Result<std::vector<std::string>> plan_sqlite_migration(db::SqliteConnection& connection);

// Plans it and runs it, in one transaction. Gives what was run.
Result<std::vector<std::string>> migrate_sqlite(db::SqliteConnection& connection);

}  // namespace canvas::store
