// How a PostgreSQL database is opened for each use.
#pragma once

#include "store/database.h"

namespace canvas::store {

// As open_store, open_tables and migrate (store/database.h), for a connection string of libpq's.
Result<std::unique_ptr<Store>> open_postgres_store(const Database& database, const StoreOptions& options,
                                                   Merge merge);
Result<std::unique_ptr<Tables>> open_postgres_tables(const Database& database);
Result<std::vector<std::string>> migrate_postgres_database(const Database& database, Migration mode);

}  // namespace canvas::store
