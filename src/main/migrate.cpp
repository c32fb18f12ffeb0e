#include "main/migrate.h"

#include <iostream>

#include "base/terminal_text.h"
#include "main/console.h"
#include "main/store_options.h"

namespace canvas {
namespace {

struct MigrateSettings {
  DatabaseSetting database;
  bool dry_run = false;
};

constexpr const char* manual =
    R"(Creates the tables yjs_document and yjs_update_log and what canvas-ws keeps beside them, or brings them
up to date: only what is missing, all in one transaction, and nothing twice. Tables that another server has
made are taken over as they are, with their documents. Other tables are never touched. The user of
the database has to own these tables, or have the right to create them.

serve does this by itself for an SQLite file; a PostgreSQL database must be migrated before it is served.

Examples:
  DATABASE_URL=postgres://canvas@localhost/canvas canvas-ws migrate
  canvas-ws migrate --database sqlite:canvas-ws.sqlite
  canvas-ws migrate --dry-run | psql --set ON_ERROR_STOP=1 postgres://admin@localhost/canvas)";

void print_statements(const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    std::cout << statement << (statement.ends_with(';') ? "\n" : ";\n");
  }
}

int migrate(const MigrateSettings& settings) {
  const auto database = settings.database.parse();
  if (!database) return fail(database.error());
  const auto mode = settings.dry_run ? store::Migration::plan : store::Migration::run;
  const auto statements = store::migrate(*database, mode);
  if (!statements) return fail(statements.error());
  const std::string target = printable(database->description());
  if (statements->empty()) {
    std::cout << (settings.dry_run ? "-- " : "") << "the tables of " << target << " are up to date\n";
  } else if (settings.dry_run) {
    std::cout << "-- what canvas-ws migrate would run on " << target << "\nBEGIN;\n";
    print_statements(*statements);
    std::cout << "COMMIT;\n";
  } else {
    std::cout << "ran on " << target << ":\n";
    print_statements(*statements);
    std::cout << "the tables are up to date\n";
  }
  return succeeded;
}

}  // namespace

void add_migrate_command(CLI::App& app, Command& chosen) {
  const auto [command, settings] = add_command<MigrateSettings>(
      app, chosen, "migrate", "Create the tables of a database, or bring them up to date", migrate);
  declare_database_option(*command, settings->database);
  command->add_flag("--dry-run", settings->dry_run,
                    "Print the SQL that would be run, for psql or sqlite3, and change nothing");
  command->footer(manual);
}

}  // namespace canvas
