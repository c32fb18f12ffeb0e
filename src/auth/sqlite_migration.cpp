#include <array>

#include "auth/sqlite_directory.h"
#include "auth/sqlite_layout.h"

namespace canvas::auth {
namespace {

using db::SqliteConnection;
using db::SqliteTransaction;

constexpr int busy_timeout_ms = 5000;
constexpr const char* now = "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))";

struct NewTable {
  const Table* there;
  const char* name;
  std::vector<std::string> sql;
};

std::array<NewTable, 3> new_tables(const AccessTables& tables) {
  const std::string& user_type = tables.user.type("id");
  const std::string user = user_type + " REFERENCES " + tables.user.name.quoted() + " (" +
                           quote_identifier(tables.user.columns.find("id")->second.name) + ")";
  const std::string created = std::string("created_at text NOT NULL DEFAULT ") + now;
  const std::string diagram = "diagram_id text NOT NULL REFERENCES diagram (id) ON DELETE CASCADE";
  return {{{&tables.diagram,
            "diagram",
            {"CREATE TABLE diagram (\n  id text PRIMARY KEY NOT NULL,\n  owner_id " + user +
             " ON DELETE SET NULL,\n  organization_id text,\n"
             "  visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'org', "
             "'public')),\n  title text,\n  " +
             created + ",\n  updated_at text NOT NULL DEFAULT " + now + "\n)"}},
           {&tables.diagram_member,
            "diagram_member",
            {"CREATE TABLE diagram_member (\n  " + diagram + ",\n  user_id " + user +
                 " ON DELETE CASCADE,\n"
                 "  role text NOT NULL CHECK (role IN ('viewer', 'editor', 'owner')),\n"
                 "  expires_at text,\n  " +
                 created + ",\n  PRIMARY KEY (diagram_id, user_id)\n)",
             "CREATE INDEX diagram_member_user ON diagram_member (user_id)"}},
           {&tables.diagram_share_link,
            "diagram_share_link",
            {"CREATE TABLE diagram_share_link (\n  id integer PRIMARY KEY,\n  " + diagram +
                 ",\n  token_hash text NOT NULL UNIQUE,\n"
                 "  role text NOT NULL CHECK (role IN ('viewer', 'editor')),\n"
                 "  expires_at text,\n  " +
                 created + "\n)",
             "CREATE INDEX diagram_share_link_diagram ON diagram_share_link (diagram_id)"}}}};
}

Result<std::vector<std::string>> plan_diagrams(SqliteConnection& connection, const NameMap& names) {
  const Result<AccessTables> tables = find_sqlite_tables(connection, names);
  if (!tables) return tables.error();
  std::vector<std::string> plan;
  for (const NewTable& made : new_tables(*tables)) {
    if (made.there->is_there()) continue;
    const Result<TableColumns> there = read_sqlite_columns(connection, {"", made.name});
    if (!there) return there.error();
    if (!there->empty()) return lacks_columns(made.name, *there);
    for (const std::string& statement : made.sql) plan.push_back(statement + ";");
  }
  return plan;
}

}  // namespace

Result<std::vector<std::string>> migrate_sqlite_access(const DirectoryOptions& options,
                                                       const AccessMigration& what) {
  if (what.with_triggers) {
    return Error{Errc::invalid_use,
                 "SQLite has no triggers that tell another program of changes; they are seen within the "
                 "interval of the re-check"};
  }
  if (!what.with_diagrams) return std::vector<std::string>{};
  const Result<NameMap> names = NameMap::parse(options.names);
  if (!names) return names.error();
  Result<SqliteConnection> connection =
      SqliteConnection::open(options.database.target, busy_timeout_ms, SqliteConnection::Missing::fail);
  if (!connection) return connection.error();
  if (what.plan_only) return plan_diagrams(*connection, *names);
  Result<SqliteTransaction> transaction =
      SqliteTransaction::begin(*connection, SqliteTransaction::Kind::write);
  if (!transaction) return transaction.error();
  Result<std::vector<std::string>> plan = plan_diagrams(*connection, *names);
  if (!plan) return plan;
  for (const std::string& statement : *plan) {
    if (const Result<void> ran = connection->execute(statement); !ran) return ran.error();
  }
  if (const Result<void> committed = transaction->commit(); !committed) return committed.error();
  return plan;
}

}  // namespace canvas::auth
