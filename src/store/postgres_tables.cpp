#include "store/postgres_tables.h"

#include <algorithm>
#include <array>
#include <set>

#include "db/postgres_session.h"
#include "log/log.h"
#include "store/checksum.h"
#include "store/empty_state.h"

namespace canvas::store {
namespace {

using db::PostgresConnection;
using db::PostgresParameters;
using db::PostgresRows;
using db::PostgresSession;
using db::PostgresTransaction;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds connect_patience{3000};
// A fold of a large document is one silent statement.
constexpr std::chrono::minutes folder_patience{5};
// Who typed a command can end it.
constexpr std::chrono::hours command_patience{24};

std::int64_t to_microseconds(WallTime time) {
  return std::chrono::floor<microseconds>(time.time_since_epoch()).count();
}

WallTime from_microseconds(std::int64_t value) {
  return WallTime(microseconds(value));
}

// A lock that somebody holds is not waited for long: the acknowledgments of all others wait with it.
Result<void> prepare_writer(PostgresConnection& connection) {
  return connection.execute("SET lock_timeout = '5s'; SET statement_timeout = 0");
}

// Says when another server is at work on the same database.
Result<void> look_whether_alone(PostgresConnection& connection) {
  const auto alone = connection.query("SELECT pg_try_advisory_lock(7310293847562)");
  if (!alone) return alone.error();
  if (!alone->boolean(0, 0)) {
    log::warning("store.shared",
                 {{"meaning",
                   "another canvas-ws serves the same database: nothing is lost, but people on "
                   "different servers do not see each other's edits at once"}});
  }
  return {};
}

// Rows that were folded stay in the index until it is vacuumed: a plain scan marks the dead entries that it
// meets, a bitmap scan meets them again each time. lz4 takes half as long as what PostgreSQL compresses with
// by default; not every build has it.
Result<void> prepare_other(PostgresConnection& connection) {
  const auto set = connection.execute("SET enable_bitmapscan = off");
  if (!set) return set.error();
  const auto compression = connection.execute("SET default_toast_compression = 'lz4'");
  if (!compression && connection.is_broken()) return compression.error();
  return {};
}

PostgresConnection::Options options_for(std::string target, PostgresRole role) {
  PostgresConnection::Options options{.target = std::move(target)};
  options.connect_patience = connect_patience;
  options.for_writing = role != PostgresRole::command;
  if (role == PostgresRole::folder) options.patience = folder_patience;
  if (role == PostgresRole::command) options.patience = command_patience;
  return options;
}

class PostgresTables final : public Tables {
public:
  PostgresTables(std::string target, std::shared_ptr<const PostgresSql> sql, PostgresRole role)
      : sql_(std::move(sql)),
        session_(options_for(std::move(target), role), [this, role](PostgresConnection& connection) {
          return role == PostgresRole::writer ? begin_writing(connection) : prepare_other(connection);
        }) {}

  // Documents in order, so that two processes do not wait for each other.
  Result<void> append(std::span<const Append> group) override {
    std::set<std::string_view> documents;
    std::vector<std::optional<std::string_view>> names;
    std::vector<std::optional<std::string_view>> users;
    std::vector<BytesView> updates;
    std::vector<std::int64_t> times;
    std::vector<std::int64_t> checksums;
    for (const Append& append : group) {
      documents.insert(*append.document);
      names.emplace_back(*append.document);
      users.push_back(append.user_id.empty() ? std::nullopt
                                             : std::optional<std::string_view>(append.user_id));
      updates.push_back(append.update);
      times.push_back(to_microseconds(append.time));
      checksums.push_back(checksum(append.update));
    }
    const std::vector<std::optional<std::string_view>> present(documents.begin(), documents.end());
    const std::array steps{
        PostgresConnection::Step{sql_->commit_to_disk.c_str(), {}},
        PostgresConnection::Step{sql_->add_documents.c_str(),
                                 PostgresParameters().text_array(present).integer(checksum(empty_update))},
        PostgresConnection::Step{sql_->add_rows.c_str(), PostgresParameters()
                                                             .text_array(names)
                                                             .bytes_array(updates)
                                                             .text_array(users)
                                                             .integer_array(times)
                                                             .integer_array(checksums)}};
    Result<void> appended = session_.with_connection<void>(
        [&](PostgresConnection& connection) { return connection.run_all(steps); });
    if (appended) have_appended();
    return appended;
  }

  // The group was one transaction: where its first row is, all are.
  Result<bool> has(std::span<const Append> group) override {
    if (const Result<void> ended = session_.end_previous(); !ended) return ended.error();
    const Append& first = group.front();
    const auto rows = session_.with_connection<PostgresRows>([&](PostgresConnection& connection) {
      return connection.run(sql_->find_row.c_str(), PostgresParameters()
                                                        .text(*first.document)
                                                        .integer(to_microseconds(first.time))
                                                        .integer(checksum(first.update)));
    });
    if (!rows) return rows.error();
    if (rows->size() == 0) return false;
    // A commit that was broken off may be visible here before a standby has it: a commit behind it waits for
    // both.
    const std::array steps{PostgresConnection::Step{sql_->commit_to_disk.c_str(), {}},
                           PostgresConnection::Step{sql_->touch.c_str(), {}}};
    const auto settled = session_.with_connection<void>(
        [&](PostgresConnection& connection) { return connection.run_all(steps); });
    if (!settled) return settled.error();
    return true;
  }

  Result<StoredRows> read(const std::string& document) override {
    const Result<PostgresRows> rows = session_.ask(sql_->read, PostgresParameters().text(document));
    if (!rows) return rows.error();
    return to_stored(*rows);
  }

  Result<StoredRows> read_slice(const std::string& document, std::size_t max_log_bytes) override {
    const Result<PostgresRows> rows =
        session_.ask(sql_->read_slice,
                     PostgresParameters().text(document).integer(static_cast<std::int64_t>(max_log_bytes)));
    if (!rows) return rows.error();
    return to_stored(*rows);
  }

  Result<bool> fold(const Fold& fold) override {
    return session_.write_if([&](PostgresConnection& connection) -> Result<bool> {
      const Result<State> state = lock_state(connection, fold.document);
      if (!state) return state.error();
      if (state->version != fold.version) return false;
      const Result<void> history = fold.keep_history ? keep_base(connection, fold.document, *state)
                                                     : forget_history(connection, fold.document);
      if (!history) return history.error();
      const std::string& sql = fold.keep_history ? sql_->keep_rows : sql_->delete_rows;
      Result<bool> folded = touch(connection, sql, fold.document, fold.rows);
      if (!folded || !*folded) return folded;
      return put_state(connection, fold.document, fold.state);
    });
  }

  Result<History> read_history(const std::string& document, std::optional<WallTime> until) override {
    return session_.with_connection<History>([&](PostgresConnection& connection) -> Result<History> {
      const Result<PostgresTransaction> snapshot =
          PostgresTransaction::begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      if (!snapshot) return snapshot.error();
      Result<History> history = read_base(connection, document);
      if (!history) return history;
      PostgresParameters parameters;
      parameters.text(document);
      parameters.integer(until ? std::optional(to_microseconds(*until)) : std::nullopt);
      parameters.integer(std::int64_t{history->base_is_kept});
      const Result<PostgresRows> rows = connection.run(sql_->read_rows.c_str(), parameters);
      if (!rows) return rows.error();
      for (int row = 0; row < rows->size(); ++row) {
        if (!is_sound(rows->bytes(row, 3), rows->integer_or_null(row, 4))) {
          history->damages.push_back({rows->integer(row, 0), "its checksum is wrong"});
          continue;
        }
        history->rows.push_back({rows->integer(row, 0), from_microseconds(rows->integer(row, 1)),
                                 std::string(rows->text(row, 2)), to_bytes(rows->bytes(row, 3)),
                                 rows->boolean(row, 5)});
      }
      return history;
    });
  }

  Result<bool> trim(const HistoryTrim& trim) override {
    return session_.write_if([&](PostgresConnection& connection) -> Result<bool> {
      if (const Result<State> locked = lock_state(connection, trim.document); !locked) return locked.error();
      if (!trim.base) {
        if (const Result<void> gone = forget_history(connection, trim.document); !gone) return gone.error();
        return true;
      }
      Result<bool> trimmed = touch(connection, sql_->trim_rows, trim.document, trim.rows);
      if (!trimmed || !*trimmed) return trimmed;
      return put_base(connection, trim.document, *trim.base, trim.base_time);
    });
  }

  Result<std::vector<std::string>> find_history(std::optional<WallTime> before, std::size_t limit) override {
    PostgresParameters parameters;
    parameters.integer(static_cast<std::int64_t>(limit));
    if (before) parameters.integer(to_microseconds(*before));
    const Result<PostgresRows> rows = session_.ask(before ? sql_->find_old : sql_->find_bases, parameters);
    if (!rows) return rows.error();
    std::vector<std::string> documents;
    documents.reserve(static_cast<std::size_t>(rows->size()));
    for (int row = 0; row < rows->size(); ++row) documents.emplace_back(rows->text(row, 0));
    return documents;
  }

  Result<void> probe() override {
    return session_.with_connection<void>([](PostgresConnection& connection) -> Result<void> {
      const auto rows = connection.query("SELECT current_setting('transaction_read_only') = 'on'");
      if (!rows) return rows.error();
      if (!rows->boolean(0, 0)) return {};
      connection.give_up();
      return Error{Errc::unavailable, "the database takes no writes"};
    });
  }

  void interrupt() override { session_.interrupt(); }

  Result<void> list(const std::function<void(const DocumentSummary&)>& each) override {
    const Result<PostgresRows> rows = session_.ask(sql_->list, {});
    if (!rows) return rows.error();
    for (int row = 0; row < rows->size(); ++row) {
      const auto count = [&](int column) { return static_cast<std::size_t>(rows->integer(row, column)); };
      const std::int64_t last = std::max(rows->integer(row, 2), rows->integer_or_null(row, 7).value_or(0));
      each({std::string(rows->text(row, 0)), count(1), count(3), count(4), count(5), count(6),
            from_microseconds(last)});
    }
    return {};
  }

  Result<bool> exists(const std::string& document) override {
    const Result<PostgresRows> rows = session_.ask(sql_->exists, PostgresParameters().text(document));
    if (!rows) return rows.error();
    return rows->size() > 0;
  }

  Result<void> set_aside(const std::string& document, std::span<const Damage> parts) override {
    const auto done = session_.write_if([&](PostgresConnection& connection) -> Result<bool> {
      if (const Result<State> locked = lock_state(connection, document); !locked) return locked.error();
      for (const Damage& part : parts) {
        const Result<void> moved = part.row ? set_row_aside(connection, document, *part.row, part.reason)
                                            : set_state_aside(connection, document, part.reason);
        if (!moved) return moved.error();
      }
      return true;
    });
    if (!done) return done.error();
    return {};
  }

  Result<bool> remove(const std::string& document) override {
    return session_.write_if([&](PostgresConnection& connection) -> Result<bool> {
      for (const std::string* sql : {&sql_->remove_orphans, &sql_->forget_base}) {
        const auto gone = connection.run(sql->c_str(), PostgresParameters().text(document));
        if (!gone) return gone.error();
      }
      const auto removed = connection.run(sql_->remove_document.c_str(), PostgresParameters().text(document));
      if (!removed) return removed.error();
      return removed->affected() == 1;
    });
  }

private:
  struct State {
    std::string version;     // empty: the document is not there
    bool is_sealed = false;  // we wrote it
    Bytes data;
    WallTime written{};
  };

  static StoredRows to_stored(const PostgresRows& rows) {
    StoredRows stored;
    for (int row = 0; row < rows.size(); ++row) {
      const std::optional<std::int64_t> id = rows.integer_or_null(row, 0);
      if (!id) stored.version = rows.text(row, 3);
      if (!is_sound(rows.bytes(row, 1), rows.integer_or_null(row, 2))) {
        stored.document.damages.push_back({id, "its checksum is wrong"});
      } else if (id) {
        stored.document.updates.push_back({*id, to_bytes(rows.bytes(row, 1))});
      } else {
        stored.document.state = to_bytes(rows.bytes(row, 1));
      }
    }
    return stored;
  }

  Result<State> lock_state(PostgresConnection& connection, const std::string& document) {
    const auto rows = connection.run(sql_->lock_state.c_str(), PostgresParameters().text(document));
    if (!rows) return rows.error();
    if (rows->size() == 0) return State{};
    return State{std::string(rows->text(0, 0)), rows->boolean(0, 1), to_bytes(rows->bytes(0, 2)),
                 from_microseconds(rows->integer(0, 3))};
  }

  Result<bool> put_state(PostgresConnection& connection, const std::string& document, const Bytes& state) {
    const auto put = connection.run(
        sql_->put_state.c_str(), PostgresParameters().text(document).bytes(state).integer(checksum(state)));
    if (!put) return put.error();
    return true;
  }

  // Runs `sql` on rows of the log; false unless it touched each of them.
  static Result<bool> touch(PostgresConnection& connection, const std::string& sql,
                            const std::string& document, const std::vector<std::int64_t>& rows) {
    const auto touched = connection.run(sql.c_str(), PostgresParameters().text(document).integer_array(rows));
    if (!touched) return touched.error();
    return touched->affected() == static_cast<std::int64_t>(rows.size());
  }

  // History begins with the state before the first row that is kept. It begins anew where somebody else wrote
  // the state: how that came to be is in no row.
  Result<void> keep_base(PostgresConnection& connection, const std::string& document, const State& state) {
    const auto base = connection.run(sql_->read_base.c_str(), PostgresParameters().text(document));
    if (!base) return base.error();
    const bool is_foreign = !state.version.empty() && !state.is_sealed;
    if (base->size() > 0 && !is_foreign) return {};
    if (Result<void> forgotten = forget_history(connection, document); !forgotten) return forgotten;
    // Of a document without a row: the base refers to it.
    if (state.version.empty()) {
      if (const auto put = put_state(connection, document, to_bytes(empty_update)); !put) return put.error();
    }
    const Bytes data = state.data.empty() ? to_bytes(empty_update) : state.data;
    const auto put = put_base(connection, document, data, base_time_of(data, state.written));
    if (!put) return put.error();
    return {};
  }

  Result<void> forget_history(PostgresConnection& connection, const std::string& document) {
    for (const std::string* sql : {&sql_->forget_rows, &sql_->forget_base}) {
      const auto gone = connection.run(sql->c_str(), PostgresParameters().text(document));
      if (!gone) return gone.error();
    }
    return {};
  }

  Result<bool> put_base(PostgresConnection& connection, const std::string& document, const Bytes& base,
                        WallTime time) {
    const auto put = connection.run(sql_->put_base.c_str(), PostgresParameters()
                                                                .text(document)
                                                                .bytes(base)
                                                                .integer(checksum(base))
                                                                .integer(to_microseconds(time)));
    if (!put) return put.error();
    return true;
  }

  Result<History> read_base(PostgresConnection& connection, const std::string& document) {
    History history{};
    const auto take = [&](BytesView data, std::optional<std::int64_t> sum, WallTime time) {
      if (is_sound(data, sum)) {
        history.base = to_bytes(data);
      } else {
        history.damages.push_back({std::nullopt, "its checksum is wrong"});
      }
      history.base_time = time;
    };
    const auto base = connection.run(sql_->read_base.c_str(), PostgresParameters().text(document));
    if (!base) return base.error();
    const auto state = connection.run(sql_->read_state.c_str(), PostgresParameters().text(document));
    if (!state) return state.error();
    // What somebody else wrote into the state is in no row: history begins with it.
    const bool is_foreign = state->size() > 0 && !state->boolean(0, 3);
    if (base->size() > 0 && !is_foreign) {
      take(base->bytes(0, 0), base->integer_or_null(0, 1), from_microseconds(base->integer(0, 2)));
      history.base_is_kept = true;
    } else if (state->size() > 0) {
      take(state->bytes(0, 0), state->integer_or_null(0, 1),
           base_time_of(state->bytes(0, 0), from_microseconds(state->integer(0, 2))));
    }
    return history;
  }

  Result<void> set_row_aside(PostgresConnection& connection, const std::string& document, std::int64_t row,
                             const std::string& reason) {
    const auto copied =
        connection.run(sql_->copy_row.c_str(), PostgresParameters().text(document).integer(row).text(reason));
    if (!copied) return copied.error();
    const auto gone =
        connection.run(sql_->remove_row.c_str(), PostgresParameters().text(document).integer(row));
    if (!gone) return gone.error();
    return {};
  }

  Result<void> set_state_aside(PostgresConnection& connection, const std::string& document,
                               const std::string& reason) {
    const auto copied =
        connection.run(sql_->copy_state.c_str(), PostgresParameters().text(document).text(reason));
    if (!copied) return copied.error();
    const Result<bool> emptied = put_state(connection, document, to_bytes(empty_update));
    if (!emptied) return emptied.error();
    return {};
  }

  // Our own connection before this one may still hold the lock: it is looked at when that has ended.
  Result<void> begin_writing(PostgresConnection& connection) {
    if (const Result<void> prepared = prepare_writer(connection); !prepared) return prepared.error();
    is_alone_unknown_ = session_.has_previous();
    return is_alone_unknown_ ? Result<void>{} : look_whether_alone(connection);
  }

  // The updates are committed whatever this finds.
  void have_appended() {
    if (!is_alone_unknown_) {
      session_.forget_previous();
    } else if (session_.end_previous()) {
      is_alone_unknown_ = !session_.with_connection<void>(look_whether_alone);
    }
  }

  const std::shared_ptr<const PostgresSql> sql_;
  bool is_alone_unknown_ = false;
  PostgresSession session_;
};

}  // namespace

std::unique_ptr<Tables> make_postgres_tables(std::string target, std::shared_ptr<const PostgresSql> sql,
                                             PostgresRole role) {
  return std::make_unique<PostgresTables>(std::move(target), std::move(sql), role);
}

}  // namespace canvas::store
