// Better Auth's tables in an SQLite file, and the statements that are asked of them.
#pragma once

#include <string>

#include "auth/table_names.h"
#include "db/sqlite.h"

namespace canvas::auth {

// Of one table; none: there is no such table.
Result<TableColumns> read_sqlite_columns(db::SqliteConnection& connection, const TableName& table);

// Fails as find_tables does.
Result<AccessTables> find_sqlite_tables(db::SqliteConnection& connection, const NameMap& names);

// Made once: statements are found by their addresses. Empty where there is no such table. Times are
// milliseconds since 1970, whether the table holds ISO 8601 text, seconds or milliseconds.
struct SqliteStatements {
  explicit SqliteStatements(const AccessTables& tables);

  // ?1: text. Columns: the session's id, expires_at, impersonated_by; the user's id, role, banned,
  // ban_expires.
  std::string session_by_token;
  std::string session_by_id;
  std::string user;               // the same, of the user
  std::string take_verification;  // ?1, ?2: identifiers. Columns: value, expires_at
  std::string keys;               // id, public key, expires_at
  // ?1 user, ?2 document, ?3 share hash, ?4 now. Columns: is owner, visibility, member role, link role,
  // organization roles, is in the organization, permission JSON; several rows where there are several of the
  // last three, none where there is no such diagram.
  std::string facts;
};

}  // namespace canvas::auth
