// A connection that is made when it is needed, and again when it was lost.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/postgres.h"

namespace canvas::db {

// Belongs to one thread at a time, but for `interrupt`. Fails with Errc::unavailable while no connection can
// be had, and for half a second after that without a new try: who waits in a queue behind one that failed
// need not wait for one time-out after the other.
class PostgresSession {
public:
  // What a new connection is told before it is used.
  using Prepare = std::function<Result<void>(PostgresConnection&)>;

  // `options` without an interrupt: this session has its own.
  PostgresSession(PostgresConnection::Options options, Prepare prepare);
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  // Calls `work(PostgresConnection&)`, which gives a Result<T>, with a connection that stands as far as is
  // known.
  template <class T, class Work>
  Result<T> with_connection(Work&& work) {
    const Result<PostgresConnection*> connected = connection();
    if (!connected) return connected.error();
    return work(**connected);
  }

  // The same for what may be done twice: done again when it was a connection from before that broke. A
  // database that was restarted while nobody asked it anything is not away.
  template <class T, class Work>
  Result<T> retry_with_connection(Work&& work) {
    const bool is_used = connection_.has_value();
    Result<T> done = with_connection<T>(work);
    const bool has_broken = !done && connection_ && connection_->is_broken();
    return is_used && has_broken ? with_connection<T>(work) : std::move(done);
  }

  // The same as with_connection in a transaction, which is committed when `work` says true; else this says
  // false.
  template <class Work>
  Result<bool> write_if(Work&& work) {
    return with_connection<bool>([&](PostgresConnection& connection) -> Result<bool> {
      Result<PostgresTransaction> transaction = PostgresTransaction::begin(connection);
      if (!transaction) return transaction.error();
      Result<bool> worked = work(connection);
      if (!worked || !*worked) return worked;
      if (const Result<void> committed = transaction->commit(); !committed) return committed.error();
      return true;
    });
  }

  // A question, asked again as above.
  Result<PostgresRows> ask(const std::string& sql, const PostgresParameters& parameters);

  // A connection that was given up may still be at work on the database's side; the one after it tells it to
  // end. Succeeds when every one before this has ended, else fails with Errc::unavailable.
  Result<void> end_previous();
  // Whether there may be such a one.
  bool has_previous() const { return !previous_.empty(); }
  // It does not matter what became of those.
  void forget_previous() { previous_.clear(); }

  // From any thread: waiting ends soon, now and later.
  void interrupt() { is_interrupted_ = true; }

private:
  // A process of the database's; the number alone may be used again.
  struct Process {
    std::int64_t number;
    std::int64_t started;  // microseconds since 1970
  };

  Result<PostgresConnection*> connection();
  Result<PostgresConnection> connect();
  // Whether it was still there.
  static Result<bool> tell_to_end(PostgresConnection& connection, const Process& process);

  PostgresConnection::Options options_;
  const Prepare prepare_;
  std::atomic<bool> is_interrupted_ = false;
  std::optional<Error> failure_;
  std::chrono::steady_clock::time_point failed_{};
  std::optional<PostgresConnection> connection_;
  std::optional<Process> process_;  // that serves it
  std::vector<Process> previous_;
};

}  // namespace canvas::db
