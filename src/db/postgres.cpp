#include "db/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "db/postgres_oids_internal.h"

namespace canvas::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How soon an interrupt is seen.
constexpr milliseconds poll_slice{200};
constexpr int binary = 1;

// libpq's messages end in a line break and may have more of them.
std::string one_line(const char* text) {
  std::string line = text == nullptr ? "" : text;
  while (!line.empty() && line.back() == '\n') line.pop_back();
  for (std::size_t at = 0; (at = line.find('\n', at)) != std::string::npos;) line.replace(at, 1, "; ");
  return line;
}

// Parameters as libpq takes them: all in binary.
class Arguments {
public:
  explicit Arguments(const std::vector<std::optional<std::string>>& values)
      : formats_(values.size(), binary) {
    for (const std::optional<std::string>& value : values) {
      values_.push_back(value ? value->data() : nullptr);
      lengths_.push_back(value ? static_cast<int>(value->size()) : 0);
    }
  }
  int size() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

private:
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// Whether the server wants another password. libpq does not pass on the SQLSTATE of a connection that failed;
// a password that was asked for and given may have been right, and something else full or missing.
bool is_refused(const pg_conn* connection, std::string_view reason) {
  return PQconnectionNeedsPassword(connection) != 0 ||
         (PQconnectionUsedPassword(connection) != 0 &&
          reason.find("authentication") != std::string_view::npos);
}

std::string_view state_of(const pg_result* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return field == nullptr ? "" : field;
}

bool starts_with_any(std::string_view state, std::initializer_list<std::string_view> heads) {
  return std::any_of(heads.begin(), heads.end(), [&](auto head) { return state.starts_with(head); });
}

// The server goes, has gone, or is not the one for us: another connection is to be tried. 25006: it takes no
// writes; 26000, 0A000: it has forgotten or outgrown a prepared statement.
bool means_another_connection(std::string_view state) {
  return starts_with_any(state, {"08", "57P0", "53300", "28", "25006", "26000", "0A000"});
}

// It cannot just now: resources, operator, system, conflicts, its own faults.
bool means_not_now(std::string_view state) {
  return starts_with_any(state, {"53", "57", "58", "40", "55", "XX"});
}

}  // namespace

void PostgresConnection::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

PostgresConnection::PostgresConnection(pg_conn* connection, const Options& options)
    : connection_(connection), patience_(options.patience), interrupt_(options.interrupt) {}

// What stands before dbname, the connection string, can be set otherwise there.
Result<PostgresConnection> PostgresConnection::connect(const Options& options) {
  const std::string seconds =
      std::to_string(std::chrono::ceil<std::chrono::seconds>(options.connect_patience).count());
  const std::array keywords{"connect_timeout",      "fallback_application_name",
                            "target_session_attrs", "dbname",
                            "client_encoding",      static_cast<const char*>(nullptr)};
  const std::array values{seconds.c_str(),        "canvas-ws", options.for_writing ? "read-write" : "any",
                          options.target.c_str(), "UTF8",      static_cast<const char*>(nullptr)};
  PostgresConnection connection(PQconnectdbParams(keywords.data(), values.data(), 1), options);
  pg_conn* raw = connection.connection_.get();
  if (raw == nullptr) return Error{Errc::io, "no memory for a connection"};
  if (PQstatus(raw) != CONNECTION_OK) {
    std::string reason = one_line(PQerrorMessage(raw));
    return Error{is_refused(raw, reason) ? Errc::forbidden : Errc::unavailable, std::move(reason)};
  }
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(raw, 1) != 0) return connection.broken("connecting");
  const Result<void> set = connection.execute("SET TIME ZONE 'UTC'; SET standard_conforming_strings = on");
  if (!set) return set.error();
  return connection;
}

Result<PostgresRows> PostgresConnection::run(const char* sql, const PostgresParameters& parameters) {
  const Result<std::string> name = prepared(sql);
  if (!name) return name.error();
  if (Result<void> sent = send_prepared(*name, parameters); !sent) return sent.error();
  return take_result();
}

Result<PostgresRows> PostgresConnection::query(const std::string& sql, const PostgresParameters& parameters) {
  const Arguments arguments(parameters.values_);
  if (PQsendQueryParams(connection_.get(), sql.c_str(), arguments.size(), nullptr, arguments.values(),
                        arguments.lengths(), arguments.formats(), binary) == 0) {
    return broken("sending a statement");
  }
  return take_result();
}

Result<void> PostgresConnection::execute(const std::string& sql) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return broken("sending a statement");
  const Result<PostgresRows> done = take_result();
  if (!done) return done.error();
  return {};
}

// BEGIN and COMMIT are steps of their own: only the answer to COMMIT says that it is committed.
Result<void> PostgresConnection::run_all(std::span<const Step> steps) {
  std::vector<std::string> names;
  for (const char* sql : {"BEGIN", "COMMIT"}) {
    Result<std::string> name = prepared(sql);
    if (!name) return name.error();
    names.push_back(std::move(*name));
  }
  for (const Step& step : steps) {
    Result<std::string> name = prepared(step.sql);
    if (!name) return name.error();
    names.insert(names.end() - 1, std::move(*name));
  }
  if (PQenterPipelineMode(connection_.get()) == 0) return broken("beginning a pipeline");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_step = i > 0 && i + 1 < names.size();
    Result<void> sent = send_prepared(names[i], is_step ? steps[i - 1].parameters : PostgresParameters());
    if (!sent) return sent;
  }
  if (PQpipelineSync(connection_.get()) == 0) return broken("sending a pipeline");
  Result<void> outcome = take_pipeline();
  if (is_broken_) return outcome;
  if (PQexitPipelineMode(connection_.get()) == 0) return broken("ending a pipeline");
  if (!outcome && in_transaction()) {
    if (Result<void> rolled_back = execute("ROLLBACK"); !rolled_back) return rolled_back;
  }
  return outcome;
}

// The results up to the end of the pipeline; the first error of them.
Result<void> PostgresConnection::take_pipeline() {
  Result<void> outcome{};
  for (;;) {
    const Result<pg_result*> result = next_result();
    if (!result) return result.error();
    if (*result == nullptr) continue;  // between two steps
    const PostgresRows rows(*result);
    switch (PQresultStatus(*result)) {
      case PGRES_PIPELINE_SYNC: return outcome;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_PIPELINE_ABORTED: break;
      default:
        if (outcome) outcome = refused(*result);
        if (PQstatus(connection_.get()) != CONNECTION_OK) return broken("running a pipeline");
    }
  }
}

Result<std::vector<Result<PostgresRows>>> PostgresConnection::run_each(
    const char* sql, std::span<const PostgresParameters> parameters) {
  if (parameters.empty()) return std::vector<Result<PostgresRows>>{};
  const Result<std::string> name = prepared(sql, static_cast<int>(parameters.front().values_.size()));
  if (!name) return name.error();
  if (PQenterPipelineMode(connection_.get()) == 0) return broken("starting a pipeline");
  for (const PostgresParameters& each : parameters) {
    if (Result<void> sent = send_prepared(*name, each, Form::text); !sent) return sent.error();
    if (PQpipelineSync(connection_.get()) == 0) return broken("ending a pipeline");
  }
  Result<std::vector<Result<PostgresRows>>> outcome = take_each(parameters.size());
  if (!outcome) return outcome;
  if (PQexitPipelineMode(connection_.get()) == 0) return broken("leaving a pipeline");
  return outcome;
}

// The results of run_each: of each statement its rows or its error, an end, and a synchronisation.
Result<std::vector<Result<PostgresRows>>> PostgresConnection::take_each(std::size_t count) {
  std::vector<Result<PostgresRows>> outcome;
  Result<PostgresRows> answer = PostgresRows(nullptr);
  while (outcome.size() < count) {
    const Result<pg_result*> result = next_result();
    if (!result) return result.error();
    if (*result == nullptr) continue;
    PostgresRows rows(*result);
    switch (PQresultStatus(*result)) {
      case PGRES_PIPELINE_SYNC: outcome.push_back(std::exchange(answer, PostgresRows(nullptr))); break;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK: answer = std::move(rows); break;
      default:
        Error error = refused(*result);
        if (state_of(*result).starts_with("22")) error.code = Errc::malformed;
        answer = std::move(error);
        if (PQstatus(connection_.get()) != CONNECTION_OK) return broken("running a pipeline");
    }
  }
  return outcome;
}

Result<void> PostgresConnection::check(const std::string& sql, int parameters) {
  const std::vector<Oid> types(static_cast<std::size_t>(parameters), text_oid);
  if (PQsendPrepare(connection_.get(), "", sql.c_str(), parameters, types.data()) == 0)
    return broken("sending a statement");
  const Result<PostgresRows> done = take_result();
  if (!done) return done.error();
  return {};
}

Result<std::vector<std::string>> PostgresConnection::wait_notifications(milliseconds patience) {
  std::vector<std::string> payloads;
  const steady_clock::time_point end = steady_clock::now() + patience;
  for (;;) {
    if (PQconsumeInput(connection_.get()) == 0) return broken("waiting for notifications");
    while (const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notified{PQnotifies(connection_.get()),
                                                                          PQfreemem}) {
      payloads.emplace_back(notified->extra);
    }
    if (!payloads.empty() || steady_clock::now() >= end) return payloads;
    if (const Result<Heard> heard = wait(false); !heard) return heard.error();
  }
}

Result<std::string> PostgresConnection::prepared(const char* sql, int text_parameters) {
  const auto known = std::ranges::find(prepared_, sql, &std::pair<const char*, std::string>::first);
  if (known != prepared_.end()) return known->second;
  std::string name = "s" + std::to_string(prepared_.size());
  const std::vector<Oid> types(static_cast<std::size_t>(text_parameters), text_oid);
  if (PQsendPrepare(connection_.get(), name.c_str(), sql, text_parameters, types.data()) == 0)
    return broken("sending a statement");
  const Result<PostgresRows> done = take_result();
  if (!done) return done.error();
  prepared_.emplace_back(sql, name);
  return name;
}

Result<void> PostgresConnection::send_prepared(const std::string& name, const PostgresParameters& parameters,
                                               Form rows) {
  const Arguments arguments(parameters.values_);
  if (PQsendQueryPrepared(connection_.get(), name.c_str(), arguments.size(), arguments.values(),
                          arguments.lengths(), arguments.formats(), rows == Form::binary ? 1 : 0) == 0) {
    return broken("sending a statement");
  }
  return {};
}

// The last result of what was sent, or the first error.
Result<PostgresRows> PostgresConnection::take_result() {
  PostgresRows last(nullptr);
  std::optional<Error> error;
  for (;;) {
    const Result<pg_result*> result = next_result();
    if (!result) return result.error();
    if (*result == nullptr) break;
    PostgresRows rows(*result);
    const ExecStatusType status = PQresultStatus(*result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !error) error = refused(*result);
    last = std::move(rows);
  }
  if (PQstatus(connection_.get()) != CONNECTION_OK) is_broken_ = true;
  if (error) return *error;
  if (last.result_ == nullptr) return broken("waiting for an answer");
  return last;
}

Result<pg_result*> PostgresConnection::next_result() {
  steady_clock::time_point heard = steady_clock::now();
  for (;;) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return broken("sending a statement");
    if (unsent == 0 && PQisBusy(connection_.get()) == 0) return PQgetResult(connection_.get());
    const Result<Heard> heard_now = wait(unsent > 0);
    if (!heard_now) return heard_now.error();
    if (*heard_now == Heard::something) {
      heard = steady_clock::now();
      if (PQconsumeInput(connection_.get()) == 0) return broken("waiting for an answer");
    } else if (steady_clock::now() - heard > patience_) {
      is_broken_ = true;
      return Error{Errc::unavailable,
                   "the database has not answered for " + std::to_string(patience_.count() / 1000) + " s"};
    }
  }
}

Result<PostgresConnection::Heard> PostgresConnection::wait(bool for_writing) {
  if (interrupt_ != nullptr && *interrupt_) {
    is_broken_ = true;
    return Error{Errc::unavailable, "the database is no longer waited for"};
  }
  pollfd descriptor{PQsocket(connection_.get()), static_cast<short>(POLLIN | (for_writing ? POLLOUT : 0)), 0};
  const int ready = ::poll(&descriptor, 1, static_cast<int>(poll_slice.count()));
  if (ready < 0 && errno != EINTR) return broken("waiting for the database");
  return ready > 0 ? Heard::something : Heard::nothing;
}

Error PostgresConnection::broken(std::string_view doing) {
  is_broken_ = true;
  const std::string reason = one_line(PQerrorMessage(connection_.get()));
  return {Errc::unavailable,
          std::string(doing) + ": " + (reason.empty() ? "the connection is lost" : reason)};
}

Error PostgresConnection::refused(const pg_result* result) {
  const std::string_view state = state_of(result);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string message = one_line(primary == nullptr ? PQresultErrorMessage(result) : primary);
  // Without a state it is libpq itself that speaks: the connection has broken.
  if (state.empty() || means_another_connection(state)) {
    is_broken_ = true;
    return {Errc::unavailable, std::move(message)};
  }
  message += " (SQLSTATE " + std::string(state) + ")";
  return {means_not_now(state) ? Errc::io : Errc::rejected, std::move(message)};
}

bool PostgresConnection::is_broken() const {
  return is_broken_ || PQstatus(connection_.get()) != CONNECTION_OK;
}

bool PostgresConnection::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

Result<std::string> describe_connection(const std::string& target) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(target.c_str(), nullptr), PQconninfoFree);
  if (options == nullptr) {
    return Error{
        Errc::invalid_use,
        "this is no connection string that PostgreSQL's client library can read (a character such as @ "
        "or / in a user or password must be written as %40 or %2F)"};
  }
  std::string described = "PostgreSQL";
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    const bool is_shown = keyword == "host" || keyword == "hostaddr" || keyword == "port" ||
                          keyword == "dbname" || keyword == "user";
    if (is_shown && option->val != nullptr) described += " " + std::string(keyword) + "=" + option->val;
  }
  return described;
}

Result<PostgresTransaction> PostgresTransaction::begin(PostgresConnection& connection, const char* how) {
  if (const Result<void> begun = connection.execute(how); !begun) return begun.error();
  return PostgresTransaction(connection);
}

Result<void> PostgresTransaction::commit() {
  return std::exchange(connection_, nullptr)->execute("COMMIT");
}

PostgresTransaction::PostgresTransaction(PostgresTransaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

PostgresTransaction::~PostgresTransaction() {
  if (connection_ != nullptr && !connection_->is_broken()) (void)connection_->execute("ROLLBACK");
}

}  // namespace canvas::db
