#include "db/sqlite.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

namespace canvas::db {
namespace {

Errc meaning_of(int code) {
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::unavailable;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG: return Errc::rejected;
    default: return Errc::io;
  }
}

Error error_of(sqlite3* connection, std::string_view doing) {
  return {meaning_of(sqlite3_errcode(connection) & 0xff),
          std::string(doing) + ": " + sqlite3_errmsg(connection) + " (SQLite " +
              std::to_string(sqlite3_extended_errcode(connection)) + ")"};
}

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void SqliteStatement::bind(int parameter, BytesView blob) {
  // A null pointer would bind NULL.
  static constexpr std::uint8_t none = 0;
  sqlite3_bind_blob64(statement_.get(), parameter, blob.empty() ? &none : blob.data(), blob.size(),
                      SQLITE_STATIC);
}

void SqliteStatement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
}

void SqliteStatement::bind_null(int parameter) {
  sqlite3_bind_null(statement_.get(), parameter);
}

int SqliteStatement::parameter(const char* name) const {
  return sqlite3_bind_parameter_index(statement_.get(), name);
}

Result<bool> SqliteStatement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: return error_of(sqlite3_db_handle(statement_.get()), "running a statement");
  }
}

Result<void> SqliteStatement::run() {
  for (;;) {
    const Result<bool> row = step();
    if (row && *row) continue;
    reset();
    if (!row) return row.error();
    return {};
  }
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::string_view SqliteStatement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

BytesView SqliteStatement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

bool SqliteStatement::is_text(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT;
}

int SqliteStatement::columns() const {
  return sqlite3_column_count(statement_.get());
}

std::string_view SqliteStatement::name(int column) const {
  const char* name = sqlite3_column_name(statement_.get(), column);
  return name == nullptr ? "" : name;
}

bool SqliteStatement::is_read_only() const {
  return sqlite3_stmt_readonly(statement_.get()) != 0;
}

void SqliteConnection::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<SqliteConnection> SqliteConnection::open(const std::string& path, int busy_timeout_ms,
                                                Missing missing) {
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (missing == Missing::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  SqliteConnection connection(raw);  // is there to be closed even when opening failed
  if (code == SQLITE_CANTOPEN && missing == Missing::fail && !is_there(path)) {
    return Error{Errc::not_found, path + ": there is no such file"};
  }
  if (code != SQLITE_OK) return error_of(raw, "opening " + path);
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  return connection;
}

Result<SqliteStatement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return error_of(connection_.get(), "preparing \"" + std::string(sql) + "\"");
  }
  return SqliteStatement(statement);
}

Result<void> SqliteConnection::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error_of(connection_.get(), "running \"" + sql + "\"");
  }
  return {};
}

int SqliteConnection::changes() const {
  return sqlite3_changes(connection_.get());
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(connection_.get()) == 0;
}

Result<SqliteTransaction> SqliteTransaction::begin(SqliteConnection& connection, Kind kind) {
  const Result<void> begun = connection.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begun) return begun.error();
  return SqliteTransaction(connection);
}

Result<void> SqliteTransaction::commit() {
  Result<void> committed = connection_->execute("COMMIT");
  if (committed) connection_ = nullptr;
  return committed;
}

SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

SqliteTransaction::~SqliteTransaction() {
  // Some failures (a full disk, say) have rolled it back already.
  if (connection_ != nullptr && connection_->in_transaction()) (void)connection_->execute("ROLLBACK");
}

}  // namespace canvas::db
