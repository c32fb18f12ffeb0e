// Better Auth's tables in a PostgreSQL database, and the statements that are asked of them.
#pragma once

#include <string>
#include <string_view>

#include "auth/table_names.h"
#include "db/postgres.h"

namespace canvas::auth {

// Of one table, by the catalog.
Result<TableColumns> read_postgres_columns(db::PostgresConnection& connection, const TableName& table);

// Reads the catalog. Fails as find_tables does.
Result<AccessTables> find_postgres_tables(db::PostgresConnection& connection, const NameMap& names);

// Whether a value can be one of a column of this type: a uuid or a number as the database writes it, and text
// that PostgreSQL takes. Others are not to be asked for: they would fail the whole statement.
bool can_be_in(std::string_view value, std::string_view column_type);

// Made once: statements are found by their addresses. Empty where there is no such table.
struct PostgresStatements {
  explicit PostgresStatements(const AccessTables& tables);

  // $1: text[]. Columns: what was asked for; the session's id, expires_at, impersonated_by; the user's id,
  // role, banned, ban_expires. Times are milliseconds since 1970.
  std::string sessions_by_token;
  std::string sessions_by_id;
  std::string users;              // the same, with the user alone
  std::string take_verification;  // $1: text[] of identifiers. Columns: value, has run out
  std::string keys;               // id, public key, expires_at
  // $1 users, $2 documents, $3 share hashes: text[]. Rows: place from 1, exists, is owner, visibility, member
  // role, link role, organization roles, is in the organization, permission JSON; several for one question
  // where there are several of the last three.
  std::string facts;

  std::string session_token_type;
  std::string session_id_type;
  std::string user_id_type;
  std::string diagram_id_type;
};

}  // namespace canvas::auth
