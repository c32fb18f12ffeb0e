#include "auth/postgres_migration.h"

#include "auth/postgres_layout.h"

namespace canvas::auth {
namespace {

using db::PostgresConnection;
using db::PostgresParameters;
using db::PostgresTransaction;

// Whoever migrates access holds it; any number that others are not likely to use. Nobody's sign-in waits long
// behind us for a table.
constexpr const char* lock_migrations =
    "SET LOCAL lock_timeout = '5s'; SELECT pg_advisory_xact_lock(7310293847562)";

// What makes the table, or nothing when it is there. It is known to `tables` then.
struct NewTable {
  Table AccessTables::*table;
  const char* name;
  std::string sql;
  std::string index;
};

std::vector<NewTable> new_tables(const AccessTables& tables) {
  const std::string& user_type = tables.user.type("id");
  const std::string user = user_type + " REFERENCES " + tables.user.name.quoted() + " (" +
                           quote_identifier(tables.user.columns.find("id")->second.name) + ")";
  const std::string diagram_type = tables.diagram.is_there() ? tables.diagram.type("id") : "text";
  const std::string diagram = diagram_type + " NOT NULL REFERENCES diagram (id) ON DELETE CASCADE";
  const std::string created = "created_at timestamptz NOT NULL DEFAULT now()";
  return {{&AccessTables::diagram, "diagram",
           "CREATE TABLE diagram (\n  id text PRIMARY KEY,\n  owner_id " + user +
               " ON DELETE SET NULL,\n  organization_id text,\n"
               "  visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'org', "
               "'public')),\n  title text,\n  " +
               created + ",\n  updated_at timestamptz NOT NULL DEFAULT now()\n)",
           ""},
          {&AccessTables::diagram_member, "diagram_member",
           "CREATE TABLE diagram_member (\n  diagram_id " + diagram + ",\n  user_id " + user +
               " ON DELETE CASCADE,\n"
               "  role text NOT NULL CHECK (role IN ('viewer', 'editor', 'owner')),\n"
               "  expires_at timestamptz,\n  " +
               created + ",\n  PRIMARY KEY (diagram_id, user_id)\n)",
           "CREATE INDEX diagram_member_user ON diagram_member (user_id)"},
          {&AccessTables::diagram_share_link, "diagram_share_link",
           "CREATE TABLE diagram_share_link (\n  id bigserial PRIMARY KEY,\n  diagram_id " + diagram +
               ",\n  token_hash text NOT NULL UNIQUE,\n"
               "  role text NOT NULL CHECK (role IN ('viewer', 'editor')),\n"
               "  expires_at timestamptz,\n  " +
               created + "\n)",
           "CREATE INDEX diagram_share_link_diagram ON diagram_share_link (diagram_id)"}};
}

Result<void> plan_diagrams(PostgresConnection& connection, AccessTables& tables,
                           std::vector<std::string>& plan) {
  for (NewTable& made : new_tables(tables)) {
    if ((tables.*made.table).is_there()) continue;
    const TableName name{"", made.name};
    const Result<TableColumns> there = read_postgres_columns(connection, name);
    if (!there) return there.error();
    if (!there->empty()) return lacks_columns(made.name, *there);
    tables.*made.table = table_to_be(made.name);
    plan.push_back(std::move(made.sql));
    if (!made.index.empty()) plan.push_back(std::move(made.index));
  }
  return {};
}

Result<bool> exists(PostgresConnection& connection, const std::string& sql,
                    const PostgresParameters& values) {
  const auto found = connection.query("SELECT EXISTS (" + sql + ")", values);
  if (!found) return found.error();
  return found->boolean(0, 0);
}

Result<void> plan_triggers(PostgresConnection& connection, const AccessTables& tables,
                           std::vector<std::string>& plan) {
  const Result<bool> has_function =
      exists(connection,
             "SELECT FROM pg_proc WHERE oid = to_regproc('canvas_ws_notify_access') AND prosrc = $1::text",
             PostgresParameters().text(access_function_body()));
  if (!has_function) return has_function.error();
  if (!*has_function) plan.push_back(access_function());
  for (AccessTrigger& trigger : access_triggers(tables)) {
    const Result<bool> is_there =
        exists(connection,
               "SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1::text) AND tgname = $2::text AND NOT "
               "tgisinternal",
               PostgresParameters().text(trigger.table.quoted()).text(trigger.name));
    if (!is_there) return is_there.error();
    if (!*is_there) plan.push_back(std::move(trigger.sql));
  }
  return {};
}

Result<std::vector<std::string>> plan_access(PostgresConnection& connection, const NameMap& names,
                                             const AccessMigration& what) {
  std::vector<std::string> plan;
  Result<AccessTables> tables = find_postgres_tables(connection, names);
  if (!tables) return tables.error();
  if (what.with_diagrams) {
    if (const auto planned = plan_diagrams(connection, *tables, plan); !planned) return planned.error();
  }
  if (what.with_triggers) {
    if (const auto planned = plan_triggers(connection, *tables, plan); !planned) return planned.error();
  }
  for (std::string& statement : plan) statement += ';';
  return plan;
}

}  // namespace

Result<std::vector<std::string>> migrate_postgres_access(const DirectoryOptions& options,
                                                         const AccessMigration& what) {
  const Result<NameMap> names = NameMap::parse(options.names);
  if (!names) return names.error();
  Result<PostgresConnection> connection =
      PostgresConnection::connect({.target = options.database.target, .for_writing = !what.plan_only});
  if (!connection) return connection.error();
  if (what.plan_only) return plan_access(*connection, *names, what);
  Result<PostgresTransaction> transaction = PostgresTransaction::begin(*connection);
  if (!transaction) return transaction.error();
  if (const auto locked = connection->execute(lock_migrations); !locked) return locked.error();
  Result<std::vector<std::string>> plan = plan_access(*connection, *names, what);
  if (!plan) return plan;
  for (const std::string& statement : *plan) {
    if (const Result<void> ran = connection->execute(statement); !ran) {
      return Error{ran.error().code, ran.error().message + ", in: " + statement};
    }
  }
  if (const Result<void> committed = transaction->commit(); !committed) return committed.error();
  return plan;
}

}  // namespace canvas::auth
