#include "auth/postgres_directory.h"

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
    return layout_.has_triggers ? open_postgres_feed(target_) : nullptr;
  }

private:
  const std::string target_;
  const DirectoryLayout layout_;
  const std::shared_ptr<const PostgresStatements> statements_;
};

Result<bool> has_triggers(PostgresConnection& connection, const TableName& sessions) {
  const auto found = connection.query(
      R"(SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'canvas_ws_access'
           AND tgrelid = to_regclass($1::text) AND tgenabled <> 'D'))",
      db::PostgresParameters().text(sessions.quoted()));
  if (!found) return found.error();
  return found->boolean(0, 0);
}

}  // namespace

Result<std::unique_ptr<DirectoryOpener>> inspect_postgres_directory(const DirectoryOptions& options) {
  const Result<NameMap> names = NameMap::parse(options.names);
  if (!names) return names.error();
  Result<PostgresConnection> connection = PostgresConnection::connect({.target = options.database.target});
  if (!connection) return connection.error();
  const Result<AccessTables> tables = find_postgres_tables(*connection, *names);
  if (!tables) return tables.error();
  DirectoryLayout layout = tables->layout();
  const Result<bool> triggers = has_triggers(*connection, tables->session.name);
  if (!triggers) return triggers.error();
  layout.has_triggers = *triggers;
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
