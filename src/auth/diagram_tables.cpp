#include "auth/diagram_tables.h"

namespace canvas::auth {
namespace {

struct NewTable {
  Table AccessTables::*table;
  const char* name;
  std::string sql;
  std::string index;
};

std::vector<NewTable> new_tables(const AccessTables& tables, const DiagramDialect& dialect) {
  const std::string& user_type = tables.user.type("id");
  const std::string user = user_type + " REFERENCES " + tables.user.name.quoted() + " (" +
                           quote_identifier(tables.user.columns.find("id")->second.name) + ")";
  const std::string diagram_type = tables.diagram.is_there() ? tables.diagram.type("id") : "text";
  const std::string diagram = diagram_type + " NOT NULL REFERENCES diagram (id) ON DELETE CASCADE";
  const std::string time = dialect.time;
  const std::string by_default = time + " NOT NULL DEFAULT " + dialect.now;
  const std::string expires = "expires_at " + time;
  const std::string created = "created_at " + by_default;
  return {
      {&AccessTables::diagram, "diagram",
       "CREATE TABLE diagram (\n  id text PRIMARY KEY NOT NULL,\n  owner_id " + user +
           " ON DELETE SET NULL,\n  organization_id text,\n"
           "  visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'org', "
           "'public')),\n  title text,\n  " +
           created + ",\n  updated_at " + by_default + "\n)",
       ""},
      {&AccessTables::diagram_member, "diagram_member",
       "CREATE TABLE diagram_member (\n  diagram_id " + diagram + ",\n  user_id " + user +
           " ON DELETE CASCADE,\n"
           "  role text NOT NULL CHECK (role IN ('viewer', 'editor', 'owner')),\n  " +
           expires + ",\n  " + created + ",\n  PRIMARY KEY (diagram_id, user_id)\n)",
       "CREATE INDEX diagram_member_user ON diagram_member (user_id)"},
      {&AccessTables::diagram_share_link, "diagram_share_link",
       "CREATE TABLE diagram_share_link (\n  id " + std::string(dialect.row) + ",\n  diagram_id " + diagram +
           ",\n  token_hash text NOT NULL UNIQUE,\n"
           "  role text NOT NULL CHECK (role IN ('viewer', 'editor')),\n  " +
           expires + ",\n  " + created + "\n)",
       "CREATE INDEX diagram_share_link_diagram ON diagram_share_link (diagram_id)"}};
}

}  // namespace

Result<std::vector<std::string>> plan_diagrams(AccessTables& tables, const DiagramDialect& dialect,
                                               const ReadColumns& read) {
  std::vector<std::string> plan;
  for (NewTable& made : new_tables(tables, dialect)) {
    if ((tables.*made.table).is_there()) continue;
    const Result<TableColumns> there = read({"", made.name});
    if (!there) return there.error();
    if (!there->empty()) return lacks_columns(made.name, *there);
    tables.*made.table = table_to_be(made.name);
    plan.push_back(std::move(made.sql));
    if (!made.index.empty()) plan.push_back(std::move(made.index));
  }
  return plan;
}

}  // namespace canvas::auth
