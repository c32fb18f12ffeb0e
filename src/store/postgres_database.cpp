#include "store/postgres_database.h"

#include <array>

#include "log/log.h"
#include "store/empty_state.h"
#include "store/postgres_tables.h"
#include "store/table_store.h"

namespace canvas::store {
namespace {

using db::PostgresConnection;

constexpr std::size_t loader_count = 3;

Error cannot_use(const Database& database, const Error& error) {
  return {error.code, "cannot use the database " + database.description() + ": " + error.message};
}

Error needs_migration() {
  return {Errc::unsupported, "its tables are not there, or not complete; run: canvas-ws migrate"};
}

// Who waits for it has typed a command, or starts a server: there is no hurry.
Result<PostgresConnection> connect(const Database& database, Use use) {
  return PostgresConnection::connect(
      {.target = database.target, .patience = std::chrono::hours(24), .for_writing = use == Use::write});
}

Result<std::shared_ptr<const PostgresSql>> sql_for(PostgresConnection& connection) {
  const Result<PostgresSchema> schema = inspect_postgres(connection);
  if (!schema) return schema.error();
  if (!schema->is_complete) return needs_migration();
  return std::make_shared<const PostgresSql>(*schema);
}

// What an operator may have chosen for speed, and what that means here.
void warn_of_settings(PostgresConnection& connection) {
  const auto fsync = connection.query("SELECT current_setting('fsync') = 'on'");
  if (fsync && !fsync->boolean(0, 0)) {
    log::warning("store.fsync_off", {{"meaning",
                                      "this PostgreSQL may lose what it has committed when the power "
                                      "goes, and with it what was acknowledged"}});
  }
}

// What the catalog does not tell (rights, defaults, constraints, triggers) shows when rows are written. All
// of it is rolled back.
Result<void> try_writing(PostgresConnection& connection, const PostgresSql& sql) {
  constexpr std::string_view document = "canvas-ws: a trial that is rolled back";
  const Result<db::PostgresTransaction> transaction = db::PostgresTransaction::begin(connection);
  if (!transaction) return transaction.error();
  const std::array<std::optional<std::string_view>, 1> documents{document};
  const std::array<std::optional<std::string_view>, 1> users{};
  const std::array updates{BytesView(empty_update)};
  const std::array numbers{std::int64_t{0}};
  const auto named = [&] { return db::PostgresParameters().text(document); };
  for (const auto& [statement, parameters] :
       {std::pair{&sql.add_documents, db::PostgresParameters().text_array(documents).integer(0)},
        std::pair{&sql.add_rows, db::PostgresParameters()
                                     .text_array(documents)
                                     .bytes_array(updates)
                                     .text_array(users)
                                     .integer_array(numbers)
                                     .integer_array(numbers)},
        std::pair{&sql.read, named()}, std::pair{&sql.lock_state, named()},
        std::pair{&sql.put_state, named().bytes(empty_update).integer(0)},
        std::pair{&sql.keep_rows, named().integer_array(numbers)},
        std::pair{&sql.put_base, named().bytes(empty_update).integer(0).integer(0)},
        std::pair{&sql.forget_base, named()}, std::pair{&sql.forget_rows, named()},
        std::pair{&sql.touch, db::PostgresParameters()}}) {
    const auto ran = connection.query(*statement, parameters);
    if (!ran) return ran.error();
  }
  return {};
}

Result<std::shared_ptr<const PostgresSql>> prepare_store(const Database& database) {
  Result<PostgresConnection> connection = connect(database, Use::write);
  if (!connection) return connection.error();
  warn_of_settings(*connection);
  Result<std::shared_ptr<const PostgresSql>> sql = sql_for(*connection);
  if (!sql) return sql;
  const Result<void> tried = try_writing(*connection, **sql);
  if (tried) return sql;
  if (tried.error().code != Errc::rejected) return tried.error();
  return Error{Errc::unsupported, "its tables do not take what would be written: " + tried.error().message};
}

Result<std::vector<std::string>> migrate_database(const Database& database, Migration mode) {
  Result<PostgresConnection> connection = connect(database, Use::write);
  if (!connection) return connection.error();
  return mode == Migration::run ? migrate_postgres(*connection) : plan_postgres_migration(*connection);
}

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(const Database& database, const StoreOptions& options,
                                                   Merge merge) {
  const auto sql = prepare_store(database);
  if (!sql) return cannot_use(database, sql.error());
  const auto tables = [&](PostgresRole role) { return make_postgres_tables(database.target, *sql, role); };
  TableConnections connections;
  connections.folds = TableConnections::Folds::by_folder;
  connections.writer = tables(PostgresRole::writer);
  connections.folder = tables(PostgresRole::folder);
  for (std::size_t i = 0; i < loader_count; ++i) connections.loaders.push_back(tables(PostgresRole::loader));
  return make_table_store(std::move(connections), options, std::move(merge));
}

Result<std::unique_ptr<Tables>> open_postgres_tables(const Database& database) {
  Result<PostgresConnection> connection = connect(database, Use::read);
  if (!connection) return cannot_use(database, connection.error());
  const auto sql = sql_for(*connection);
  if (!sql) return cannot_use(database, sql.error());
  return make_postgres_tables(database.target, *sql, PostgresRole::command);
}

Result<std::vector<std::string>> migrate_postgres_database(const Database& database, Migration mode) {
  Result<std::vector<std::string>> migrated = migrate_database(database, mode);
  if (!migrated) return cannot_use(database, migrated.error());
  return migrated;
}

}  // namespace canvas::store
