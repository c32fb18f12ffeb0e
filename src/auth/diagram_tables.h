// The tables that `migrate --with-diagrams` makes.
#pragma once

#include <string>
#include <vector>

#include "auth/table_names.h"

namespace canvas::auth {

// What the kinds of databases write differently.
struct DiagramDialect {
  const char* time;  // the type of a moment
  const char* now;   // that moment, as a default
  const char* row;   // a primary key that counts by itself
};

// The statements that make those tables that are not there, in their order and without semicolons. `tables`
// has them then. Fails with Errc::unsupported when another table has the name of one, and as `read` does.
Result<std::vector<std::string>> plan_diagrams(AccessTables& tables, const DiagramDialect& dialect,
                                               const ReadColumns& read);

}  // namespace canvas::auth
