#include "auth/postgres_layout.h"

#include <algorithm>

#include "base/utf8.h"

namespace canvas::auth {
namespace {

using db::PostgresConnection;
using db::PostgresRows;

constexpr const char* columns_sql = R"sql(
  SELECT a.attname::text, format_type(a.atttypid, NULL)::text
  FROM pg_attribute a WHERE a.attrelid = to_regclass($1::text) AND a.attnum > 0 AND NOT a.attisdropped)sql";

bool is_time(std::string_view type) {
  return type.starts_with("timestamp") || type == "date";
}

Result<void> check_times(const AccessTables& tables) {
  for (const auto& [table, column] :
       {std::pair{&tables.session, "expiresAt"}, std::pair{&tables.user, "banExpires"},
        std::pair{&tables.verification, "expiresAt"}, std::pair{&tables.jwks, "expiresAt"},
        std::pair{&tables.diagram_member, "expires_at"},
        std::pair{&tables.diagram_share_link, "expires_at"}}) {
    if (!table->has(column) || is_time(table->type(column))) continue;
    return Error{Errc::unsupported, table->column(table->name.quoted(), column) + " is of type " +
                                        table->type(column) + ": only timestamps can be read as times"};
  }
  return {};
}

bool is_integer(std::string_view type) {
  return type == "integer" || type == "bigint" || type == "smallint";
}

// As PostgreSQL writes one.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_dash ? c != '-' : !is_hex) return false;
  }
  return true;
}

bool is_number(std::string_view text, std::string_view type) {
  const std::size_t digits = type == "bigint" ? 18 : type == "integer" ? 9 : 4;
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() <= digits && (text[0] != '0' || text == "0") &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_text(std::string_view type) {
  return type == "text" || type == "character varying";
}

// How a text, or an array of texts, is compared with a column of `type`: so that its index can be used.
std::string cast_to(const std::string& type, const std::string& suffix) {
  return is_text(type) ? "" : "::" + type + suffix;
}
bool is_castable(const std::string& type) {
  return is_text(type) || type == "uuid" || is_integer(type);
}
// `column = ANY(values)`, where `values` is a text[] of what can_be_in has let through.
std::string is_any(const std::string& column, const std::string& type, const std::string& values) {
  return is_castable(type) ? column + " = ANY(" + values + cast_to(type, "[]") + ")"
                           : column + "::text = ANY(" + values + ")";
}

// Two columns that hold the same, whatever their types are.
std::string is_same(const std::string& left, const std::string& left_type, const std::string& right,
                    const std::string& right_type) {
  const bool are_alike = left_type == right_type || (is_text(left_type) && is_text(right_type)) ||
                         (is_integer(left_type) && is_integer(right_type));
  return are_alike ? left + " = " + right : left + "::text = " + right + "::text";
}

// Right with and without a time zone, where the latter hold UTC. Bounded, so that infinity is a time as well.
std::string milliseconds(const std::string& column) {
  return "(CASE WHEN " + column + " IS NOT NULL THEN floor(least(greatest(extract(epoch FROM " + column +
         "), 0), 9000000000) * 1000) END)::int8";
}
std::string is_to_come(const std::string& column) {
  return "extract(epoch FROM " + column + ") > extract(epoch FROM now())";
}

std::string optional_text(const Table& table, std::string_view alias, std::string_view column) {
  return table.has(column) ? table.column(alias, column) + "::text" : "NULL::text";
}

std::string user_columns(const Table& user) {
  return user.column("u", "id") + "::text, " + optional_text(user, "u", "role") + ", " +
         (user.has("banned") ? "coalesce(" + user.column("u", "banned") + "::text IN ('true', '1'), false)"
                             : "false") +
         ", " + (user.has("banExpires") ? milliseconds(user.column("u", "banExpires")) : "NULL::int8");
}

std::string sessions_by(const AccessTables& tables, std::string_view key) {
  const Table& session = tables.session;
  const Table& user = tables.user;
  const std::string asked = session.column("s", key);
  return "SELECT " + asked + "::text, " + session.column("s", "id") + "::text, " +
         milliseconds(session.column("s", "expiresAt")) + ", " +
         optional_text(session, "s", "impersonatedBy") + ", " + user_columns(user) + " FROM " +
         session.name.quoted() + " s JOIN " + user.name.quoted() + " u ON " +
         is_same(user.column("u", "id"), user.type("id"), session.column("s", "userId"),
                 session.type("userId")) +
         " WHERE " + is_any(asked, session.type(key), "$1::text[]");
}

std::string take_verification_of(const Table& table) {
  if (!table.is_there()) return "";
  return "DELETE FROM " + table.name.quoted() + " v WHERE " + table.column("v", "identifier") +
         " = ANY($1::text[]) RETURNING " + table.column("v", "value") + "::text, coalesce(" +
         is_to_come(table.column("v", "expiresAt")) + ", false)";
}

std::string keys_of(const Table& table) {
  if (!table.is_there()) return "";
  return "SELECT " + table.column("k", "id") + "::text, " + table.column("k", "publicKey") + "::text, " +
         (table.has("expiresAt") ? milliseconds(table.column("k", "expiresAt")) : "NULL::int8") + " FROM " +
         table.name.quoted() + " k";
}

// The user of a question is checked against the type of the table of users, and so is its document.
std::string is_value(const std::string& column, const std::string& type, const std::string& checked_type,
                     const std::string& value) {
  return type == checked_type && is_castable(type) ? column + " = " + value + cast_to(type, "")
                                                   : column + "::text = " + value;
}

std::string organization_joins(const AccessTables& tables) {
  const Table& member = tables.member;
  const Table& role = tables.organization_role;
  const std::string& organization_type = tables.diagram.type("organization_id");
  std::string joins =
      " LEFT JOIN " + member.name.quoted() + " m ON " +
      is_same(member.column("m", "organizationId"), member.type("organizationId"),
              tables.diagram.column("d", "organization_id"), organization_type) +
      " AND " +
      is_value(member.column("m", "userId"), member.type("userId"), tables.user.type("id"), "q.user_id");
  if (!role.is_there()) return joins;
  return joins + " LEFT JOIN " + role.name.quoted() + " r ON " +
         is_same(role.column("r", "organizationId"), role.type("organizationId"),
                 tables.diagram.column("d", "organization_id"), organization_type) +
         " AND " + role.column("r", "role") + "::text = ANY(string_to_array(replace(" +
         member.column("m", "role") + "::text, ' ', ''), ','))";
}

std::string facts_of(const AccessTables& tables) {
  if (!tables.have_diagrams()) return "";
  const Table& diagram = tables.diagram;
  const Table& member = tables.diagram_member;
  const Table& link = tables.diagram_share_link;
  const std::string& user_type = tables.user.type("id");
  const std::string& diagram_type = diagram.type("id");
  const auto holds = [](const std::string& expires) {
    return "(" + expires + " IS NULL OR " + is_to_come(expires) + ")";
  };
  const bool has_roles = tables.member.is_there() && tables.organization_role.is_there();
  return "SELECT q.place::int8, " + diagram.column("d", "id") + " IS NOT NULL, coalesce(" +
         is_value(diagram.column("d", "owner_id"), diagram.type("owner_id"), user_type, "q.user_id") +
         ", false), " + diagram.column("d", "visibility") + "::text, " + member.column("g", "role") +
         "::text, " + link.column("l", "role") + "::text, " +
         (tables.member.is_there() ? tables.member.column("m", "role") + "::text, " +
                                         tables.member.column("m", "organizationId") + " IS NOT NULL"
                                   : std::string("NULL::text, false")) +
         ", " + (has_roles ? tables.organization_role.column("r", "permission") + "::text" : "NULL::text") +
         " FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY"
         " q(user_id, document, share_hash, place) LEFT JOIN " +
         diagram.name.quoted() + " d ON " +
         is_value(diagram.column("d", "id"), diagram_type, diagram_type, "q.document") + " LEFT JOIN " +
         member.name.quoted() + " g ON " +
         is_same(member.column("g", "diagram_id"), member.type("diagram_id"), diagram.column("d", "id"),
                 diagram_type) +
         " AND " + is_value(member.column("g", "user_id"), member.type("user_id"), user_type, "q.user_id") +
         " AND " + holds(member.column("g", "expires_at")) + " LEFT JOIN " + link.name.quoted() + " l ON " +
         is_same(link.column("l", "diagram_id"), link.type("diagram_id"), diagram.column("d", "id"),
                 diagram_type) +
         " AND " + link.column("l", "token_hash") + " = q.share_hash AND " +
         holds(link.column("l", "expires_at")) + (tables.member.is_there() ? organization_joins(tables) : "");
}

}  // namespace

Result<TableColumns> read_postgres_columns(PostgresConnection& connection, const TableName& table) {
  const Result<PostgresRows> rows =
      connection.query(columns_sql, db::PostgresParameters().text(table.quoted()));
  if (!rows) return rows.error();
  TableColumns columns;
  for (int row = 0; row < rows->size(); ++row) columns.emplace(rows->text(row, 0), rows->text(row, 1));
  return columns;
}

Result<AccessTables> find_postgres_tables(PostgresConnection& connection, const NameMap& names) {
  Result<AccessTables> tables =
      find_tables(names, [&](const TableName& table) { return read_postgres_columns(connection, table); });
  if (!tables) return tables;
  if (const Result<void> checked = check_times(*tables); !checked) return checked.error();
  return tables;
}

bool can_be_in(std::string_view value, std::string_view column_type) {
  if (column_type == "uuid") return is_uuid(value);
  if (is_integer(column_type)) return is_number(value, column_type);
  return value.find('\0') == std::string_view::npos && is_valid_utf8(value);
}

PostgresStatements::PostgresStatements(const AccessTables& tables)
    : sessions_by_token(sessions_by(tables, "token")),
      sessions_by_id(sessions_by(tables, "id")),
      users("SELECT " + tables.user.column("u", "id") + "::text, " + user_columns(tables.user) + " FROM " +
            tables.user.name.quoted() + " u WHERE " +
            is_any(tables.user.column("u", "id"), tables.user.type("id"), "$1::text[]")),
      take_verification(take_verification_of(tables.verification)),
      keys(keys_of(tables.jwks)),
      facts(facts_of(tables)),
      session_token_type(tables.session.type("token")),
      session_id_type(tables.session.type("id")),
      user_id_type(tables.user.type("id")),
      diagram_id_type(tables.diagram.is_there() ? tables.diagram.type("id") : "text") {}

}  // namespace canvas::auth
