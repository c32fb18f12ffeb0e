#include "store/postgres_schema.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>

namespace canvas::store {
namespace {

using db::PostgresConnection;
using db::PostgresRows;
using db::PostgresTransaction;

// Whoever migrates holds it; any number that others are not likely to use.
constexpr const char* lock_migrations = "SELECT pg_advisory_xact_lock(7310293847561)";

using Columns = std::map<std::string, std::string>;  // name -> type

// The catalog's view of what is there.
struct Catalog {
  int version = 0;
  Columns document;
  Columns log;
  bool has_base = false;
  bool has_quarantine = false;
  bool has_present_index = false;
  bool has_kept_index = false;
  bool document_id_is_unique = false;
  std::string users_table;  // that the log refers to, and its key, quoted
  std::string users_key;
  std::string user_id_type;  // of the table of users; empty: there is none
};

constexpr const char* columns_sql = R"sql(
  SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)::text
  FROM pg_attribute a WHERE a.attrelid = to_regclass($1::text) AND a.attnum > 0 AND NOT a.attisdropped)sql";

constexpr const char* facts_sql = R"sql(
  SELECT to_regclass('canvas_ws_schema') IS NOT NULL,
    to_regclass('yjs_document_base') IS NOT NULL,
    to_regclass('yjs_quarantine') IS NOT NULL,
    to_regclass('yjs_update_log_present') IS NOT NULL,
    to_regclass('yjs_update_log_kept') IS NOT NULL,
    EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = to_regclass('yjs_document') AND i.indisunique AND i.indnkeyatts = 1
        AND i.indpred IS NULL AND a.attname = 'id'))sql";

constexpr const char* users_sql = R"sql(
  SELECT c.confrelid::regclass::text, quote_ident(k.attname)::text
  FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute k ON k.attrelid = c.confrelid AND k.attnum = c.confkey[1]
  WHERE c.conrelid = to_regclass('yjs_update_log') AND c.contype = 'f' AND a.attname = 'user_id' LIMIT 1)sql";

Result<Columns> read_columns(PostgresConnection& connection, std::string_view table) {
  const Result<PostgresRows> rows = connection.query(columns_sql, db::PostgresParameters().text(table));
  if (!rows) return rows.error();
  Columns columns;
  for (int row = 0; row < rows->size(); ++row) columns.emplace(rows->text(row, 0), rows->text(row, 1));
  return columns;
}

Result<int> read_version(PostgresConnection& connection) {
  const Result<PostgresRows> rows =
      connection.query("SELECT coalesce(max(version), 0)::int8 FROM canvas_ws_schema");
  if (!rows) return rows.error();
  return static_cast<int>(rows->integer(0, 0));
}

Error not_ours(const std::string& what) {
  return {Errc::unsupported, what + ": these are not tables that canvas-ws can work with"};
}

bool is_one_of(const std::string& type, std::span<const std::string_view> types) {
  return std::ranges::any_of(types, [&](std::string_view each) { return type.starts_with(each); });
}

// `column` of `columns` is there and of one of `types`.
Result<void> require(const Columns& columns, const std::string& table, const std::string& column,
                     std::span<const std::string_view> types) {
  const auto found = columns.find(column);
  if (found == columns.end()) return not_ours(table + " has no column " + column);
  if (!is_one_of(found->second, types)) {
    return not_ours(table + "." + column + " is of type " + found->second);
  }
  return {};
}

std::string update_column_of(const Columns& log) {
  return log.empty() || log.contains("update") ? "update" : "update_data";
}

constexpr std::array<std::string_view, 2> texts{"text", "character varying"};
constexpr std::array<std::string_view, 2> integers{"bigint", "integer"};
constexpr std::array<std::string_view, 1> bytes{"bytea"};

Result<void> check(const Catalog& catalog) {
  if (catalog.version > postgres_schema_version) {
    return Error{Errc::unsupported, "the tables are of version " + std::to_string(catalog.version) +
                                        ", this program knows version " +
                                        std::to_string(postgres_schema_version) + ": use a newer canvas-ws"};
  }
  if (!catalog.document.empty()) {
    if (auto good = require(catalog.document, "yjs_document", "id", texts); !good) return good;
    if (auto good = require(catalog.document, "yjs_document", "data", bytes); !good) return good;
  }
  if (catalog.log.empty()) return {};
  if (auto good = require(catalog.log, "yjs_update_log", "id", integers); !good) return good;
  if (auto good = require(catalog.log, "yjs_update_log", "document_id", texts); !good) return good;
  return require(catalog.log, "yjs_update_log", update_column_of(catalog.log), bytes);
}

Result<Catalog> read_catalog(PostgresConnection& connection) {
  Catalog catalog;
  const Result<PostgresRows> facts = connection.query(facts_sql);
  if (!facts) return facts.error();
  if (facts->boolean(0, 0)) {
    const Result<int> version = read_version(connection);
    if (!version) return version.error();
    catalog.version = *version;
  }
  catalog.has_base = facts->boolean(0, 1);
  catalog.has_quarantine = facts->boolean(0, 2);
  catalog.has_present_index = facts->boolean(0, 3);
  catalog.has_kept_index = facts->boolean(0, 4);
  catalog.document_id_is_unique = facts->boolean(0, 5);
  const Result<PostgresRows> referred = connection.query(users_sql);
  if (!referred) return referred.error();
  if (referred->size() > 0) {
    catalog.users_table = referred->text(0, 0);
    catalog.users_key = referred->text(0, 1);
  }
  Columns users;
  for (const auto& [columns, table] :
       {std::pair{&catalog.document, "yjs_document"}, std::pair{&catalog.log, "yjs_update_log"},
        std::pair{&users, "\"user\""}}) {
    Result<Columns> read = read_columns(connection, table);
    if (!read) return read.error();
    *columns = std::move(*read);
  }
  if (const auto id = users.find("id"); id != users.end()) catalog.user_id_type = id->second;
  if (const Result<void> checked = check(catalog); !checked) return checked.error();
  return catalog;
}

std::string type_or(const Columns& columns, const std::string& column, const std::string& otherwise) {
  const auto found = columns.find(column);
  return found == columns.end() ? otherwise : found->second;
}

std::string add_column(const std::string& table, const std::string& column, const std::string& definition) {
  return "ALTER TABLE " + table + " ADD COLUMN " + column + " " + definition;
}

// Adds the columns of `wanted` that `table` lacks.
void add_columns(std::vector<std::string>& plan, const std::string& table, const Columns& there,
                 std::initializer_list<std::pair<const char*, std::string>> wanted) {
  for (const auto& [column, definition] : wanted) {
    if (!there.contains(column)) plan.push_back(add_column(table, column, definition));
  }
}

void plan_document(std::vector<std::string>& plan, const Catalog& catalog) {
  if (catalog.document.empty()) {
    plan.emplace_back(R"sql(CREATE TABLE yjs_document (
  id text PRIMARY KEY,
  data bytea NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  checksum bigint,
  sealed_at timestamptz
))sql");
    return;
  }
  if (!catalog.document_id_is_unique)
    plan.emplace_back("CREATE UNIQUE INDEX yjs_document_id_key ON yjs_document (id)");
  const std::string time = type_or(catalog.document, "updated_at", "timestamp with time zone");
  add_columns(
      plan, "yjs_document", catalog.document,
      {{"updated_at", "timestamptz NOT NULL DEFAULT now()"}, {"checksum", "bigint"}, {"sealed_at", time}});
}

void plan_log(std::vector<std::string>& plan, const Catalog& catalog) {
  const std::string document_type = type_or(catalog.document, "id", "text");
  if (catalog.log.empty()) {
    const std::string user = catalog.user_id_type.empty()
                                 ? "text"
                                 : catalog.user_id_type + R"( REFERENCES "user" (id) ON DELETE SET NULL)";
    plan.emplace_back(
        "CREATE TABLE yjs_update_log (\n  id bigserial PRIMARY KEY,\n  document_id " + document_type +
        " NOT NULL REFERENCES yjs_document (id) ON DELETE CASCADE,\n  \"update\" bytea NOT NULL,\n"
        "  user_id " +
        user +
        ",\n  created_at timestamptz NOT NULL DEFAULT now(),\n  checksum bigint,\n"
        "  folded_at timestamptz\n)");
  } else {
    add_columns(plan, "yjs_update_log", catalog.log,
                {{"user_id", "text"},
                 {"created_at", "timestamptz NOT NULL DEFAULT now()"},
                 {"checksum", "bigint"},
                 {"folded_at", "timestamptz"}});
  }
  // Everything that is asked of a document's log is answered by the first; the second finds old history.
  if (!catalog.has_present_index)
    plan.emplace_back("CREATE INDEX yjs_update_log_present ON yjs_update_log (document_id, folded_at, id)");
  if (!catalog.has_kept_index) {
    plan.emplace_back(
        "CREATE INDEX yjs_update_log_kept ON yjs_update_log (created_at) WHERE folded_at IS NOT NULL");
  }
}

// An integer id ends after 2^31 updates: a month at 1,000 a second.
void plan_wide_ids(std::vector<std::string>& plan, const Catalog& catalog) {
  if (type_or(catalog.log, "id", "bigint") != "integer") return;
  plan.emplace_back("ALTER TABLE yjs_update_log ALTER COLUMN id TYPE bigint");
  plan.emplace_back(R"sql(DO $$ BEGIN
  IF pg_get_serial_sequence('yjs_update_log', 'id') IS NOT NULL THEN
    EXECUTE 'ALTER SEQUENCE ' || pg_get_serial_sequence('yjs_update_log', 'id') || ' AS bigint';
  END IF;
END $$)sql");
}

void plan_own_tables(std::vector<std::string>& plan, const Catalog& catalog) {
  const std::string document_type = type_or(catalog.document, "id", "text");
  if (!catalog.has_base) {
    plan.emplace_back("CREATE TABLE yjs_document_base (\n  document_id " + document_type +
                      " PRIMARY KEY REFERENCES yjs_document (id) ON DELETE CASCADE,\n  data bytea NOT NULL,\n"
                      "  checksum bigint NOT NULL,\n  base_time timestamptz NOT NULL\n)");
  }
  if (!catalog.has_quarantine) {
    plan.emplace_back(R"sql(CREATE TABLE yjs_quarantine (
  id bigserial PRIMARY KEY,
  document_id text NOT NULL,
  row_id bigint,
  data bytea NOT NULL,
  checksum bigint,
  user_id text,
  created_at timestamptz NOT NULL,
  reason text NOT NULL,
  set_aside_at timestamptz NOT NULL DEFAULT now()
))sql");
  }
  if (catalog.version == 0) {
    plan.emplace_back(
        "CREATE TABLE IF NOT EXISTS canvas_ws_schema (\n  version integer PRIMARY KEY,\n"
        "  migrated_at timestamptz NOT NULL DEFAULT now()\n)");
    plan.emplace_back("INSERT INTO canvas_ws_schema (version) VALUES (" +
                      std::to_string(postgres_schema_version) + ")");
  }
}

std::vector<std::string> plan_from(const Catalog& catalog) {
  std::vector<std::string> plan;
  plan_document(plan, catalog);
  plan_log(plan, catalog);
  plan_wide_ids(plan, catalog);
  plan_own_tables(plan, catalog);
  for (std::string& statement : plan) statement += ';';
  return plan;
}

bool has_zone(const Columns& columns, const std::string& column) {
  return type_or(columns, column, "timestamp with time zone").ends_with("with time zone");
}

}  // namespace

Result<PostgresSchema> inspect_postgres(PostgresConnection& connection) {
  const Result<Catalog> catalog = read_catalog(connection);
  if (!catalog) return catalog.error();
  return PostgresSchema{catalog->version,
                        plan_from(*catalog).empty(),
                        update_column_of(catalog->log),
                        type_or(catalog->log, "user_id", "text"),
                        catalog->users_table,
                        catalog->users_key,
                        type_or(catalog->log, "created_at", "timestamp with time zone"),
                        has_zone(catalog->document, "updated_at")};
}

Result<std::vector<std::string>> plan_postgres_migration(PostgresConnection& connection) {
  const Result<Catalog> catalog = read_catalog(connection);
  if (!catalog) return catalog.error();
  return plan_from(*catalog);
}

Result<std::vector<std::string>> migrate_postgres(PostgresConnection& connection) {
  Result<PostgresTransaction> transaction = PostgresTransaction::begin(connection);
  if (!transaction) return transaction.error();
  if (const auto locked = connection.query(lock_migrations); !locked) return locked.error();
  Result<std::vector<std::string>> plan = plan_postgres_migration(connection);
  if (!plan) return plan;
  for (const std::string& statement : *plan) {
    if (const Result<void> ran = connection.execute(statement); !ran) {
      return Error{ran.error().code, ran.error().message + ", in: " + statement};
    }
  }
  if (const Result<void> committed = transaction->commit(); !committed) return committed.error();
  return plan;
}

}  // namespace canvas::store
