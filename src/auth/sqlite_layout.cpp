#include "auth/sqlite_layout.h"

namespace canvas::auth {
namespace {

// Seconds end where milliseconds begin: in 1973 of these, in 5138 of those. Bounded as in PostgreSQL.
std::string milliseconds(const std::string& column) {
  return "CASE typeof(" + column +
         ") WHEN 'null' THEN NULL WHEN 'text' THEN max(0, min(coalesce(CAST(round((julianday(" + column +
         ") - 2440587.5) * 86400000) AS INTEGER), 0), 9000000000000)) ELSE max(0, min(CAST(CASE WHEN abs(" +
         column + ") < 100000000000 THEN " + column + " * 1000 ELSE " + column +
         " END AS INTEGER), 9000000000000)) END";
}

std::string optional_column(const Table& table, std::string_view alias, std::string_view column) {
  return table.has(column) ? table.column(alias, column) : "NULL";
}

std::string user_columns(const Table& user) {
  return user.column("u", "id") + ", " + optional_column(user, "u", "role") + ", " +
         (user.has("banned") ? "coalesce(lower(" + user.column("u", "banned") + ") IN ('1', 'true'), 0)"
                             : "0") +
         ", " + (user.has("banExpires") ? milliseconds(user.column("u", "banExpires")) : "NULL");
}

std::string session_by(const AccessTables& tables, std::string_view key) {
  const Table& session = tables.session;
  const Table& user = tables.user;
  return "SELECT " + session.column("s", "id") + ", " + milliseconds(session.column("s", "expiresAt")) +
         ", " + optional_column(session, "s", "impersonatedBy") + ", " + user_columns(user) + " FROM " +
         session.name.quoted() + " s JOIN " + user.name.quoted() + " u ON " + user.column("u", "id") + " = " +
         session.column("s", "userId") + " WHERE " + session.column("s", key) + " = ?1";
}

std::string take_verification_of(const Table& table) {
  if (!table.is_there()) return "";
  return "DELETE FROM " + table.name.quoted() + " AS v WHERE " + table.column("v", "identifier") +
         " IN (?1, ?2) RETURNING " + quote_identifier(table.columns.find("value")->second.name) + ", " +
         milliseconds(quote_identifier(table.columns.find("expiresAt")->second.name));
}

std::string keys_of(const Table& table) {
  if (!table.is_there()) return "";
  return "SELECT " + table.column("k", "id") + ", " + table.column("k", "publicKey") + ", " +
         (table.has("expiresAt") ? milliseconds(table.column("k", "expiresAt")) : "NULL") + " FROM " +
         table.name.quoted() + " k";
}

std::string organization_joins(const AccessTables& tables) {
  const Table& member = tables.member;
  const Table& role = tables.organization_role;
  const std::string organization = tables.diagram.column("d", "organization_id");
  std::string joins = " LEFT JOIN " + member.name.quoted() + " m ON " + member.column("m", "organizationId") +
                      " = " + organization + " AND " + member.column("m", "userId") + " = ?1";
  if (!role.is_there()) return joins;
  return joins + " LEFT JOIN " + role.name.quoted() + " r ON " + role.column("r", "organizationId") + " = " +
         organization + " AND instr(',' || replace(" + member.column("m", "role") +
         ", ' ', '') || ',', ',' || " + role.column("r", "role") + " || ',') > 0";
}

std::string facts_of(const AccessTables& tables) {
  if (!tables.have_diagrams()) return "";
  const Table& diagram = tables.diagram;
  const Table& member = tables.diagram_member;
  const Table& link = tables.diagram_share_link;
  const auto holds = [](const std::string& expires) {
    return "(" + expires + " IS NULL OR " + milliseconds(expires) + " > ?4)";
  };
  const bool has_members = tables.member.is_there();
  const bool has_roles = has_members && tables.organization_role.is_there();
  return "SELECT coalesce(" + diagram.column("d", "owner_id") + " = ?1, 0), " +
         diagram.column("d", "visibility") + ", " + member.column("g", "role") + ", " +
         link.column("l", "role") + ", " +
         (has_members ? tables.member.column("m", "role") + ", " +
                            tables.member.column("m", "organizationId") + " IS NOT NULL"
                      : std::string("NULL, 0")) +
         ", " + (has_roles ? tables.organization_role.column("r", "permission") : "NULL") + " FROM " +
         diagram.name.quoted() + " d LEFT JOIN " + member.name.quoted() + " g ON " +
         member.column("g", "diagram_id") + " = " + diagram.column("d", "id") + " AND " +
         member.column("g", "user_id") + " = ?1 AND " + holds(member.column("g", "expires_at")) +
         " LEFT JOIN " + link.name.quoted() + " l ON " + link.column("l", "diagram_id") + " = " +
         diagram.column("d", "id") + " AND " + link.column("l", "token_hash") + " = ?3 AND " +
         holds(link.column("l", "expires_at")) + (has_members ? organization_joins(tables) : "") + " WHERE " +
         diagram.column("d", "id") + " = ?2";
}

}  // namespace

Result<TableColumns> read_sqlite_columns(db::SqliteConnection& connection, const TableName& table) {
  Result<db::SqliteStatement> query = connection.prepare("SELECT name, type FROM pragma_table_info(?1, ?2)");
  if (!query) return query.error();
  query->bind(1, table.name);
  query->bind(2, table.schema.empty() ? std::string_view("main") : std::string_view(table.schema));
  TableColumns columns;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return columns;
    columns.emplace(query->text(0), query->text(1));
  }
}

Result<AccessTables> find_sqlite_tables(db::SqliteConnection& connection, const NameMap& names) {
  return find_tables(names, [&](const TableName& table) { return read_sqlite_columns(connection, table); });
}

SqliteStatements::SqliteStatements(const AccessTables& tables)
    : session_by_token(session_by(tables, "token")),
      session_by_id(session_by(tables, "id")),
      user("SELECT " + user_columns(tables.user) + " FROM " + tables.user.name.quoted() + " u WHERE " +
           tables.user.column("u", "id") + " = ?1"),
      take_verification(take_verification_of(tables.verification)),
      keys(keys_of(tables.jwks)),
      facts(facts_of(tables)) {}

}  // namespace canvas::auth
