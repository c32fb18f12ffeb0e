#include "auth/postgres_migration.h"

#include "auth/diagram_tables.h"
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

constexpr DiagramDialect postgres_dialect{
    .time = "timestamptz", .now = "now()", .row = "bigserial PRIMARY KEY"};

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
    Result<std::vector<std::string>> diagrams =
        plan_diagrams(*tables, postgres_dialect,
                      [&](const TableName& name) { return read_postgres_columns(connection, name); });
    if (!diagrams) return diagrams.error();
    plan = std::move(*diagrams);
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
