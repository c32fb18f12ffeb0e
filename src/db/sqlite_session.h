// A connection with its statements, prepared once, and the ways in which they are run.
#pragma once

#include <unordered_map>
#include <utility>

#include "db/sqlite.h"

namespace canvas::db {

// Belongs to one thread at a time. `sql` is a literal: its address is what a prepared statement is found by.
class SqliteSession {
public:
  explicit SqliteSession(SqliteConnection connection) : connection_(std::move(connection)) {}

  // What is read until it goes is of one moment.
  Result<SqliteTransaction> snapshot() {
    return SqliteTransaction::begin(connection_, SqliteTransaction::Kind::read);
  }

  // Calls `bind(SqliteStatement&)`, then `visit(const SqliteStatement&)` for every row. What is bound must
  // live until this returns.
  template <class Bind, class Visit>
  Result<void> each(const char* sql, Bind&& bind, Visit&& visit) {
    const Result<SqliteStatement*> statement = prepared(sql);
    if (!statement) return statement.error();
    bind(**statement);
    for (;;) {
      const Result<bool> row = (*statement)->step();
      if (row && *row) {
        visit(std::as_const(**statement));
        continue;
      }
      (*statement)->reset();
      if (!row) return row.error();
      return {};
    }
  }

  // Binds and runs; gives the number of rows that changed.
  template <class Bind>
  Result<int> change(const char* sql, Bind&& bind) {
    if (const Result<void> ran = each(sql, bind, [](const SqliteStatement&) {}); !ran) return ran.error();
    return connection_.changes();
  }

  // Runs `work` in a transaction, which is committed when it succeeds.
  template <class Work>
  Result<void> write(Work&& work) {
    Result<SqliteTransaction> transaction =
        SqliteTransaction::begin(connection_, SqliteTransaction::Kind::write);
    if (!transaction) return transaction.error();
    if (Result<void> worked = work(); !worked) return worked.error();
    return transaction->commit();
  }

  // The same, committed when `work` says true; else this says false.
  template <class Work>
  Result<bool> write_if(Work&& work) {
    Result<SqliteTransaction> transaction =
        SqliteTransaction::begin(connection_, SqliteTransaction::Kind::write);
    if (!transaction) return transaction.error();
    Result<bool> worked = work();
    if (!worked || !*worked) return worked;
    if (const Result<void> committed = transaction->commit(); !committed) return committed.error();
    return true;
  }

private:
  Result<SqliteStatement*> prepared(const char* sql) {
    if (const auto known = statements_.find(sql); known != statements_.end()) return &known->second;
    Result<SqliteStatement> statement = connection_.prepare(sql);
    if (!statement) return statement.error();
    return &statements_.emplace(sql, std::move(*statement)).first->second;
  }

  SqliteConnection connection_;
  std::unordered_map<const char*, SqliteStatement> statements_;
};

}  // namespace canvas::db
