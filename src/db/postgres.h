// A thin layer over libpq: a connection that never waits for ever, and results, with errors as values.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

struct pg_conn;
struct pg_result;

namespace canvas::db {

// The parameters of a statement, in binary. Count from 1 in the SQL; each names its type there (`$1::text`).
//
//   PostgresParameters().text(name).integer(7)
class PostgresParameters {
public:
  PostgresParameters& text(std::string_view value);
  PostgresParameters& bytes(BytesView value);
  PostgresParameters& integer(std::int64_t value);  // int8
  PostgresParameters& integer(std::optional<std::int64_t> value);

  // Arrays of text, bytea and int8. An empty optional is NULL.
  PostgresParameters& text_array(std::span<const std::optional<std::string_view>> values);
  PostgresParameters& bytes_array(std::span<const BytesView> values);
  PostgresParameters& integer_array(std::span<const std::int64_t> values);

private:
  friend class PostgresConnection;
  std::vector<std::optional<std::string>> values_;
};

// The rows of a statement, in binary.
class PostgresRows {
public:
  int size() const;
  // How many rows an INSERT, UPDATE or DELETE touched.
  std::int64_t affected() const;

  // Rows and columns count from 0. Views live as long as the rows. The SQL has cast the column to text,
  // bytea, int8 or bool.
  std::string_view text(int row, int column) const;
  BytesView bytes(int row, int column) const;
  std::int64_t integer(int row, int column) const;
  std::optional<std::int64_t> integer_or_null(int row, int column) const;
  bool boolean(int row, int column) const;
  bool is_null(int row, int column) const;

  int columns() const;
  std::string_view name(int column) const;
  bool is_boolean(int column) const;

private:
  friend class PostgresConnection;
  struct Clear {
    void operator()(pg_result* result) const;
  };
  explicit PostgresRows(pg_result* result) : result_(result) {}

  std::unique_ptr<pg_result, Clear> result_;
};

// One connection. Belongs to one thread at a time, but for `interrupt`.
//
// Errors: Errc::unavailable, it is lost, cannot be had, or the server is not one that takes writes
// (is_broken() is true then: make another); Errc::rejected, the server refuses these values (SQLSTATE classes
// 22, 23, P0 and other faults of a statement); Errc::io, the server cannot now (a full disk, a deadlock).
class PostgresConnection {
public:
  struct Options {
    std::string target;  // a connection string: URI or keywords
    std::chrono::milliseconds connect_patience{5000};
    // How long the server may be silent while it is waited for.
    std::chrono::milliseconds patience{10'000};
    // Only a server that takes writes will do, where the target does not say otherwise: a standby would show
    // what is old.
    bool for_writing = false;
    // When it becomes true, waiting ends. Outlives the connection.
    const std::atomic<bool>* interrupt = nullptr;
  };

  // UTF-8, UTC and standard strings, whatever the defaults are.
  static Result<PostgresConnection> connect(const Options& options);

  // One statement. It is prepared the first time that it comes; `sql` is a literal, or lives as long as the
  // connection: its address is what it is found by.
  Result<PostgresRows> run(const char* sql, const PostgresParameters& parameters);
  // The same, unprepared, for SQL that is made on the spot.
  Result<PostgresRows> query(const std::string& sql, const PostgresParameters& parameters = {});
  // One or more statements without parameters and without rows.
  Result<void> execute(const std::string& sql);

  // Several in one round trip and one transaction: all or nothing.
  struct Step {
    const char* sql;
    PostgresParameters parameters;
  };
  Result<void> run_all(std::span<const Step> steps);

  // One statement, found as in `run`, with each of these parameters: all in one round trip, each a
  // transaction of its own, whose failure is its own: Errc::malformed where SQLSTATE class 22 says that it
  // is these values that the statement cannot take. Parameters are taken as text, and rows come as text: what
  // they are is the statement's affair. Fails as a whole when it cannot be prepared or the connection breaks.
  Result<std::vector<Result<PostgresRows>>> run_each(const char* sql,
                                                     std::span<const PostgresParameters> parameters);
  // Whether `sql` can be prepared, with `parameters` parameters of text.
  Result<void> check(const std::string& sql, int parameters);

  // What NOTIFY has sent to the channels that are listened to: waits for the first for up to `patience`, and
  // gives nothing when none came.
  Result<std::vector<std::string>> wait_notifications(std::chrono::milliseconds patience);

  bool is_broken() const;
  // It is not to be used any more.
  void give_up() { is_broken_ = true; }
  bool in_transaction() const;

private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  enum class Heard { nothing, something };

  PostgresConnection(pg_conn* connection, const Options& options);

  // `text_parameters`: how many are text whatever the statement makes of them; the others it says itself.
  Result<std::string> prepared(const char* sql, int text_parameters = 0);
  enum class Form { text, binary };
  Result<void> send_prepared(const std::string& name, const PostgresParameters& parameters,
                             Form rows = Form::binary);
  Result<void> take_pipeline();
  Result<std::vector<Result<PostgresRows>>> take_each(std::size_t count);
  Result<PostgresRows> take_result();
  Result<pg_result*> next_result();
  Result<Heard> wait(bool for_writing);
  Error broken(std::string_view doing);
  Error refused(const pg_result* result);

  std::unique_ptr<pg_conn, Finish> connection_;
  std::chrono::milliseconds patience_;
  const std::atomic<bool>* interrupt_;
  bool is_broken_ = false;
  std::vector<std::pair<const char*, std::string>> prepared_;  // few
};

// A connection string (URI or keywords) as it may be shown: where it leads, and nothing secret. Fails with
// Errc::invalid_use when libpq cannot read it, in words that hold nothing of it.
Result<std::string> describe_connection(const std::string& target);

// A transaction that is rolled back unless commit() has succeeded.
class PostgresTransaction {
public:
  static Result<PostgresTransaction> begin(PostgresConnection& connection, const char* how = "BEGIN");
  Result<void> commit();

  PostgresTransaction(PostgresTransaction&& other) noexcept;
  PostgresTransaction& operator=(PostgresTransaction&&) = delete;
  ~PostgresTransaction();

private:
  explicit PostgresTransaction(PostgresConnection& connection) : connection_(&connection) {}

  PostgresConnection* connection_;
};

}  // namespace canvas::db
