// How an SQLite file is opened for each use.
#pragma once

#include "store/database.h"

namespace canvas::store {

// As open_store, open_tables and migrate (store/database.h), for a file. One process at a time serves a file:
// a lock beside it (FILE.lock) keeps others from it.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const StoreOptions& options,
                                                 Merge merge);
Result<std::unique_ptr<Tables>> open_sqlite_tables(const std::string& path, Use use);
Result<std::vector<std::string>> migrate_sqlite_file(const std::string& path, Migration mode);

}  // namespace canvas::store
