// The tables in a PostgreSQL database: what they look like where the app made them, and what we add.
#pragma once

#include <string>
#include <vector>

#include "db/postgres.h"

namespace canvas::store {

// What differs from one deployment to the next, as found in the catalog.
struct PostgresSchema {
  int version = 0;            // 0: never migrated by us
  bool is_complete = false;   // nothing that we need is missing
  std::string update_column;  // of yjs_update_log: update, or update_data
  std::string user_id_type;   // of yjs_update_log
  std::string users_table;    // that user_id refers to, and its key, quoted; empty: to none
  std::string users_key;
  std::string created_at_type;  // without a zone it holds UTC
  bool updated_at_has_zone = true;
};

// The version of the tables that this program works with.
inline constexpr int postgres_schema_version = 1;

// Fails with Errc::unsupported when there are tables of our names that are not those of the app.
Result<PostgresSchema> inspect_postgres(db::PostgresConnection& connection);

// What has to be run so that nothing is missing; touches nothing that is there. Fails as inspect_postgres
// does, and when the tables are of a later version.
Result<std::vector<std::string>> plan_postgres_migration(db::PostgresConnection& connection);

// Plans it and runs it: alone (an advisory lock) and in one transaction. Gives what was run.
Result<std::vector<std::string>> migrate_postgres(db::PostgresConnection& connection);

}  // namespace canvas::store
