#include <algorithm>
#include <span>

#include "auth/postgres_migration.h"

namespace canvas::auth {
namespace {

// A payload of 8000 bytes would fail the statement that changed the row. Nothing here may do that.
constexpr const char* function_body = R"sql(
DECLARE
  before text;
  after text;
BEGIN
  IF TG_NARGS = 0 OR TG_LEVEL = 'STATEMENT' THEN
    PERFORM pg_notify('canvas_ws_access', 'everything');
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD) ->> TG_ARGV[1]; END IF;
  IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW) ->> TG_ARGV[1]; END IF;
  IF before IS NOT NULL THEN
    PERFORM pg_notify('canvas_ws_access', CASE WHEN octet_length(before) > 6900 THEN 'everything'
      ELSE TG_ARGV[0] || ':' || before END);
  END IF;
  IF after IS DISTINCT FROM before AND after IS NOT NULL THEN
    PERFORM pg_notify('canvas_ws_access', CASE WHEN octet_length(after) > 6900 THEN 'everything'
      ELSE TG_ARGV[0] || ':' || after END);
  END IF;
  RETURN NULL;
END )sql";

// A row of `table` is told of as the id in `key`, when it comes or goes or one of `watched` changes.
struct WatchedTable {
  const Table* table;
  const char* kind;  // none: it may concern everybody
  const char* key;
  const char* rows;  // that are told of but for updates
  std::vector<std::string_view> watched;
};

std::vector<WatchedTable> watches(const AccessTables& tables) {
  return {
      {&tables.session, "session", "id", "DELETE", {"id", "token", "expiresAt", "userId"}},
      {&tables.user, "user", "id", "DELETE", {"id", "role", "banned", "banExpires"}},
      {&tables.member, "user", "userId", "INSERT OR DELETE", {"organizationId", "userId", "role"}},
      {&tables.organization_role,
       nullptr,
       nullptr,
       "INSERT OR DELETE",
       {"organizationId", "role", "permission"}},
      {&tables.diagram,
       "document",
       "id",
       "INSERT OR DELETE",
       {"id", "owner_id", "organization_id", "visibility"}},
      {&tables.diagram_member,
       "document",
       "diagram_id",
       "INSERT OR DELETE",
       {"diagram_id", "user_id", "role", "expires_at"}},
      {&tables.diagram_share_link,
       "document",
       "diagram_id",
       "INSERT OR DELETE",
       {"diagram_id", "token_hash", "role", "expires_at"}},
  };
}

std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

// Some types, json among them, have no equality.
std::string has_changed(const Table& table, std::span<const std::string_view> columns) {
  std::string condition;
  for (const std::string_view column : columns) {
    if (!table.has(column)) continue;
    const char* cast = table.type(column).starts_with("json") ? "::text" : "";
    condition.append(condition.empty() ? "" : " OR ")
        .append(table.column("OLD", column))
        .append(cast)
        .append(" IS DISTINCT FROM ")
        .append(table.column("NEW", column))
        .append(cast);
  }
  return condition;
}

std::string trigger(const char* name, const WatchedTable& watch, const std::string& when,
                    const std::string& scope) {
  std::string arguments;
  if (watch.kind != nullptr) {
    const std::string& key = watch.table->columns.find(std::string_view(watch.key))->second.name;
    arguments = literal(watch.kind) + ", " + literal(key);
  }
  return std::string("CREATE TRIGGER ") + name + " AFTER " + when + " ON " + watch.table->name.quoted() +
         " " + scope + " EXECUTE FUNCTION canvas_ws_notify_access(" + arguments + ")";
}

}  // namespace

std::string access_function() {
  return std::string(
             "CREATE OR REPLACE FUNCTION canvas_ws_notify_access() RETURNS trigger LANGUAGE plpgsql\n"
             "  SET search_path = pg_catalog, pg_temp AS $function$") +
         function_body + "$function$";
}

std::string_view access_function_body() {
  return function_body;
}

std::vector<AccessTrigger> access_triggers(const AccessTables& tables) {
  std::vector<AccessTrigger> triggers;
  for (const WatchedTable& watch : watches(tables)) {
    if (!watch.table->is_there()) continue;
    const std::string when = "FOR EACH ROW WHEN (" + has_changed(*watch.table, watch.watched) + ")";
    const TableName& table = watch.table->name;
    triggers.push_back(
        {table, "canvas_ws_access", trigger("canvas_ws_access", watch, watch.rows, "FOR EACH ROW")});
    triggers.push_back(
        {table, "canvas_ws_access_update", trigger("canvas_ws_access_update", watch, "UPDATE", when)});
    triggers.push_back({table, "canvas_ws_access_truncate",
                        trigger("canvas_ws_access_truncate", watch, "TRUNCATE", "FOR EACH STATEMENT")});
  }
  return triggers;
}

}  // namespace canvas::auth
