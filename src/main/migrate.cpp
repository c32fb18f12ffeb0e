#include "main/migrate.h"

#include <iostream>

#include "auth/directory.h"
#include "base/terminal_text.h"
#include "main/console.h"
#include "main/store_options.h"

namespace canvas {
namespace {

struct MigrateSettings {
  DatabaseSetting database;
  std::string auth_database;  // empty: the same
  std::string auth_names;
  bool with_diagrams = false;
  bool with_triggers = false;
  bool dry_run = false;

  bool with_access() const { return with_diagrams || with_triggers; }
};

constexpr const char* migrate_manual =
    R"(Creates the tables yjs_document and yjs_update_log and what canvas-ws keeps beside them, or brings them
up to date: only what is missing, all in one transaction, and nothing twice. Tables that another server has
made are taken over as they are, with their documents. Other tables are never touched. The user of
the database has to own these tables, or have the right to create them.

--with-diagrams makes the tables diagram, diagram_member and diagram_share_link as well, which say who may do
what with which diagram; they refer to Better Auth's users and stand beside them. --with-triggers makes
triggers on these tables and on Better Auth's that tell a running canvas-ws of a change at once (PostgreSQL;
without them it is seen at the next re-check). Rows are never changed, and Better Auth's tables are not altered.

serve does the first part by itself for an SQLite file; a PostgreSQL database must be migrated before it is served.

Examples:
  DATABASE_URL=postgres://canvas@localhost/canvas canvas-ws migrate
  canvas-ws migrate --database sqlite:canvas-ws.sqlite
  canvas-ws migrate --with-diagrams --with-triggers --auth-names session=auth_session
  canvas-ws migrate --dry-run | psql --set ON_ERROR_STOP=1 postgres://admin@localhost/canvas)";

void print_statements(const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    std::cout << statement << (statement.ends_with(';') ? "\n" : ";\n");
  }
}

void print_migration(const MigrateSettings& settings, const db::Database& database,
                     const std::vector<std::string>& statements) {
  const std::string target = printable(database.description());
  if (statements.empty()) {
    std::cout << (settings.dry_run ? "-- " : "") << "the tables of " << target << " are up to date\n";
  } else if (settings.dry_run) {
    std::cout << "-- what canvas-ws migrate would run on " << target << "\nBEGIN;\n";
    print_statements(statements);
    std::cout << "COMMIT;\n";
  } else {
    std::cout << "ran on " << target << ":\n";
    print_statements(statements);
    std::cout << "the tables are up to date\n";
  }
}

// The database of Better Auth.
Result<db::Database> access_database(const MigrateSettings& settings) {
  if (settings.auth_database.empty()) return settings.database.parse();
  return db::parse_database(settings.auth_database);
}

int migrate_access(const MigrateSettings& settings) {
  const auto database = access_database(settings);
  if (!database) return fail(database.error());
  auth::DirectoryOptions options;
  options.database = *database;
  options.names = settings.auth_names;
  const auto statements = auth::migrate_access(options, {.with_diagrams = settings.with_diagrams,
                                                         .with_triggers = settings.with_triggers,
                                                         .plan_only = settings.dry_run});
  if (!statements) return fail(statements.error());
  print_migration(settings, *database, *statements);
  return succeeded;
}

int migrate(const MigrateSettings& settings) {
  const auto database = settings.database.parse();
  if (!database) return fail(database.error());
  const auto mode = settings.dry_run ? store::Migration::plan : store::Migration::run;
  const auto statements = store::migrate(*database, mode);
  if (!statements) return fail(statements.error());
  print_migration(settings, *database, *statements);
  return settings.with_access() ? migrate_access(settings) : succeeded;
}

}  // namespace

void add_migrate_command(CLI::App& app, Command& chosen) {
  const auto [command, settings] = add_command<MigrateSettings>(
      app, chosen, "migrate", "Create the tables of a database, or bring them up to date", migrate);
  declare_database_option(*command, settings->database);
  command->add_flag("--with-diagrams", settings->with_diagrams,
                    "Also make the tables of diagrams, their members and share links, beside Better Auth's");
  command->add_flag(
      "--with-triggers", settings->with_triggers,
      "Also make triggers that tell of sessions, users and permissions that change (PostgreSQL)");
  command
      ->add_option("--auth-database", settings->auth_database,
                   "Where Better Auth's tables are, as --database takes it. Default: in the same database")
      ->envname("WS_AUTH_DATABASE_URL");
  command
      ->add_option("--auth-names", settings->auth_names,
                   "Tables and columns of Better Auth that have other names: \"session=auth_session, "
                   "user.role=app_role\"")
      ->envname("WS_AUTH_NAMES");
  command->add_flag("--dry-run", settings->dry_run,
                    "Print the SQL that would be run, for psql or sqlite3, and change nothing");
  command->footer(migrate_manual);
}

}  // namespace canvas
