#include "db/postgres_session.h"

namespace canvas::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds breather{500};

}  // namespace

PostgresSession::PostgresSession(PostgresConnection::Options options, Prepare prepare)
    : options_(std::move(options)), prepare_(std::move(prepare)) {
  options_.interrupt = &is_interrupted_;
}

Result<PostgresConnection*> PostgresSession::connection() {
  if (connection_ && connection_->is_broken()) {
    connection_.reset();
    if (process_) previous_.push_back(*std::exchange(process_, std::nullopt));
  }
  if (connection_) return &*connection_;
  if (is_interrupted_) return Error{Errc::unavailable, "the database is no longer waited for"};
  if (failure_ && steady_clock::now() < failed_ + breather) return *failure_;
  Result<PostgresConnection> made = connect();
  if (!made) {
    failure_ = made.error();
    failed_ = steady_clock::now();
    return made.error();
  }
  failure_.reset();
  connection_.emplace(std::move(*made));
  std::erase_if(previous_, [this](const Process& process) {
    const Result<bool> was_there = tell_to_end(*connection_, process);
    return was_there && !*was_there;
  });
  return &*connection_;
}

Result<PostgresConnection> PostgresSession::connect() {
  Result<PostgresConnection> made = PostgresConnection::connect(options_);
  if (!made) return made;
  const Result<PostgresRows> process =
      made->query(R"(SELECT pid::int8, (extract(epoch FROM backend_start) * 1000000)::int8
                     FROM pg_stat_activity WHERE pid = pg_backend_pid())");
  if (!process) return process.error();
  std::optional<Process> served_by;
  if (process->size() > 0) served_by = Process{process->integer(0, 0), process->integer(0, 1)};
  if (const Result<void> prepared = prepare_(*made); !prepared) {
    if (served_by) previous_.push_back(*served_by);
    return prepared.error();
  }
  process_ = served_by;
  return made;
}

Result<PostgresRows> PostgresSession::ask(const std::string& sql, const PostgresParameters& parameters) {
  return retry_with_connection<PostgresRows>(
      [&](PostgresConnection& connection) { return connection.run(sql.c_str(), parameters); });
}

Result<void> PostgresSession::end_previous() {
  const Result<PostgresConnection*> connected = connection();
  if (!connected) return connected.error();
  for (const Process& process : previous_) {
    const Result<bool> was_there = tell_to_end(**connected, process);
    if (!was_there) return was_there.error();
    if (*was_there) return Error{Errc::unavailable, "the connection before has not ended yet"};
  }
  previous_.clear();
  return {};
}

Result<bool> PostgresSession::tell_to_end(PostgresConnection& connection, const Process& process) {
  const Result<PostgresRows> found = connection.query(
      R"(SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid = $1::int8 AND (extract(epoch FROM backend_start) * 1000000)::int8 = $2::int8)",
      PostgresParameters().integer(process.number).integer(process.started));
  if (!found) return found.error();
  return found->size() > 0;
}

}  // namespace canvas::db
