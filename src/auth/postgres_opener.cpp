#include <algorithm>

#include "auth/postgres_directory.h"
#include "auth/postgres_migration.h"

namespace canvas::auth {
namespace {

using db::PostgresConnection;

class PostgresOpener : public DirectoryOpener {
public:
  PostgresOpener(std::string target, DirectoryLayout layout, const AccessTables& tables)
      : target_(std::move(target)),
        layout_(std::move(layout)),
        statements_(std::make_shared<const PostgresStatements>(tables)) {}

  const DirectoryLayout& layout() const override { return layout_; }
  std::unique_ptr<Directory> open() const override { return open_postgres_directory(target_, statements_); }
  std::unique_ptr<ChangeFeed> open_feed() const override {
    return layout_.has_feed ? open_postgres_feed(target_) : nullptr;
  }

private:
  const std::string target_;
  const DirectoryLayout layout_;
  const std::shared_ptr<const PostgresStatements> statements_;
};

// Whether each of these is there and fires for everybody's changes.
Result<std::vector<bool>> are_there(PostgresConnection& connection,
                                    const std::vector<AccessTrigger>& triggers) {
  std::vector<bool> answers;
  for (const AccessTrigger& trigger : triggers) {
    const auto found = connection.query(
        R"(SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1::text) AND tgname = $2::text
             AND NOT tgisinternal AND tgenabled IN ('O', 'A')))",
        db::PostgresParameters().text(trigger.table.quoted()).text(trigger.name));
    if (!found) return found.error();
    answers.push_back(found->boolean(0, 0));
  }
  return answers;
}

// What the triggers tell of; where only some are there, the tables that lack one are named.
Result<void> look_at_triggers(PostgresConnection& connection, const AccessTables& tables,
                              DirectoryLayout& layout) {
  const std::vector<AccessTrigger> triggers = access_triggers(tables);
  const Result<std::vector<bool>> there = are_there(connection, triggers);
  if (!there) return there.error();
  layout.has_triggers = std::ranges::count(*there, false) == 0;
  std::string lacking;
  std::string last;
  const std::string sessions = tables.session.name.quoted();
  for (std::size_t at = 0; at < triggers.size(); ++at) {
    const std::string table = triggers[at].table.quoted();
    if ((*there)[at] && table == sessions && triggers[at].name == "canvas_ws_access") layout.has_feed = true;
    if ((*there)[at] || table == last) continue;
    lacking.append(lacking.empty() ? "" : ", ").append(table);
    last = table;
  }
  if (!layout.has_triggers && std::ranges::count(*there, true) > 0) {
    layout.description.push_back("triggers are missing or disabled on " + lacking +
                                 ": run canvas-ws migrate --with-triggers, or enable them");
  }
  return {};
}

// Others do not hold every text that may be asked for, and would fail the whole statement.
Result<void> check_encoding(PostgresConnection& connection) {
  const auto shown = connection.query("SHOW server_encoding");
  if (!shown) return shown.error();
  if (shown->text(0, 0) == "UTF8") return {};
  return Error{Errc::unsupported, "the database of Better Auth has the encoding " +
                                      std::string(shown->text(0, 0)) + ": only UTF8 is supported"};
}

}  // namespace

Result<std::unique_ptr<DirectoryOpener>> inspect_postgres_directory(const DirectoryOptions& options) {
  const Result<NameMap> names = NameMap::parse(options.names);
  if (!names) return names.error();
  Result<PostgresConnection> connection = PostgresConnection::connect({.target = options.database.target});
  if (!connection) return connection.error();
  if (const Result<void> checked = check_encoding(*connection); !checked) return checked.error();
  const Result<AccessTables> tables = find_postgres_tables(*connection, *names);
  if (!tables) return tables.error();
  DirectoryLayout layout = tables->layout();
  if (const auto looked = look_at_triggers(*connection, *tables, layout); !looked) return looked.error();
  if (const Result<void> checked = check_permissions(*tables, options); !checked) return checked.error();
  if (options.permissions == PermissionRules::Kind::sql) {
    if (const Result<void> checked = connection->check(options.query, 2); !checked) {
      return Error{checked.error().code == Errc::rejected ? Errc::invalid_use : checked.error().code,
                   "the query for permissions: " + checked.error().message};
    }
  }
  return std::make_unique<PostgresOpener>(options.database.target, std::move(layout), *tables);
}

}  // namespace canvas::auth
