// The tables of diagrams and the triggers in a PostgreSQL database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/directory.h"
#include "auth/table_names.h"

namespace canvas::auth {

// As migrate_access.
Result<std::vector<std::string>> migrate_postgres_access(const DirectoryOptions& options,
                                                         const AccessMigration& what);

// The function that tells of changes (NOTIFY canvas_ws_access), as it is made, and its body alone.
std::string access_function();
std::string_view access_function_body();

// The triggers that call it, on those of the tables that are there. What a row's change is to tell is
// KIND:ID, where the kind is session, user or document; `everything` where it may concern everybody.
struct AccessTrigger {
  TableName table;
  std::string name;
  std::string sql;
};
std::vector<AccessTrigger> access_triggers(const AccessTables& tables);

}  // namespace canvas::auth
