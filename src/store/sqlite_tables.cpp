#include "store/sqlite_tables.h"

#include <boost/unordered/unordered_flat_set.hpp>
#include <filesystem>
#include <limits>

#include "base/time_text.h"
#include "db/sqlite_session.h"
#include "store/checksum.h"
#include "store/empty_state.h"

namespace canvas::store {
namespace {

using db::SqliteConnection;
using db::SqliteSession;
using db::SqliteStatement;
using std::chrono::system_clock;

constexpr int busy_timeout_ms = 1000;

std::string now_text() {
  return format_time(system_clock::now());
}

// A time that somebody else may have written, in another form than ours.
WallTime time_of(std::string_view text) {
  const Result<WallTime> time = parse_time(text);
  return time ? *time : WallTime{};
}

WallTime time_in(const SqliteStatement& row, int column) {
  return time_of(row.text(column));
}

std::optional<std::int64_t> checksum_in(const SqliteStatement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

class SqliteTables final : public Tables {
public:
  SqliteTables(SqliteConnection connection, std::optional<db::FileLock> lock)
      : lock_(std::move(lock)), session_(std::move(connection)) {}

  Result<void> append(std::span<const Append> group) override {
    return session_.write([&] { return append_rows(group); });
  }

  // SQLite says for certain whether a commit succeeded.
  Result<bool> has(std::span<const Append>) override { return false; }

  Result<StoredRows> read(const std::string& document) override {
    return read_slice(document, std::numeric_limits<std::size_t>::max());
  }

  Result<StoredRows> read_slice(const std::string& document, std::size_t max_log_bytes) override {
    const auto transaction = session_.snapshot();
    if (!transaction) return transaction.error();
    StoredRows rows;
    std::size_t log_bytes = 0;
    const Result<std::optional<State>> state = read_state(document);
    if (!state) return state.error();
    if (*state) {
      rows.version = (*state)->version;
      if (is_sound((*state)->data, (*state)->checksum)) {
        rows.document.state = (*state)->data;
      } else {
        rows.document.damages.push_back({std::nullopt, "its checksum is wrong"});
      }
    }
    Result<void> read = session_.each(
        R"(SELECT id, "update", checksum FROM yjs_update_log WHERE document_id = ? AND folded_at IS NULL ORDER BY id)",
        [&](SqliteStatement& query) { query.bind(1, document); },
        [&](const SqliteStatement& row) {
          if (log_bytes >= max_log_bytes) return;
          log_bytes += row.blob(1).size();
          if (is_sound(row.blob(1), checksum_in(row, 2))) {
            rows.document.updates.push_back({row.integer(0), to_bytes(row.blob(1))});
          } else {
            rows.document.damages.push_back({row.integer(0), "its checksum is wrong"});
          }
        });
    if (!read) return read.error();
    return rows;
  }

  Result<bool> fold(const Fold& fold) override {
    return session_.write_if([&]() -> Result<bool> {
      const Result<std::optional<State>> state = read_state(fold.document);
      if (!state) return state.error();
      if ((*state ? (*state)->version : "") != fold.version) return false;
      if (const Result<void> kept =
              fold.keep_history ? keep_base(fold.document, *state) : forget_history(fold.document);
          !kept) {
        return kept.error();
      }
      const std::string now = now_text();
      for (const std::int64_t id : fold.rows) {
        Result<bool> folded = fold_row(id, fold.keep_history, now);
        if (!folded || !*folded) return folded;
      }
      return put_state(fold.document, fold.state, now);
    });
  }

  Result<History> read_history(const std::string& document, std::optional<WallTime> until) override {
    const auto transaction = session_.snapshot();
    if (!transaction) return transaction.error();
    History history{};
    if (Result<void> read = read_base(document, history); !read) return read.error();
    const std::string bound = until ? format_time(*until) : "";
    Result<void> read = session_.each(
        R"(SELECT id, created_at, user_id, "update", checksum, folded_at FROM yjs_update_log
           WHERE document_id = ?1 AND (?2 IS NULL OR created_at <= ?2) AND (?3 OR folded_at IS NULL)
           ORDER BY created_at, id)",
        [&](SqliteStatement& query) {
          query.bind(1, document);
          if (until) {
            query.bind(2, bound);
          } else {
            query.bind_null(2);
          }
          query.bind(3, std::int64_t{history.base_is_kept});
        },
        [&](const SqliteStatement& row) {
          if (!is_sound(row.blob(3), checksum_in(row, 4))) {
            history.damages.push_back({row.integer(0), "its checksum is wrong"});
            return;
          }
          history.rows.push_back({row.integer(0), time_in(row, 1), std::string(row.text(2)),
                                  to_bytes(row.blob(3)), !row.is_null(5)});
        });
    if (!read) return read.error();
    return history;
  }

  Result<bool> trim(const HistoryTrim& trim) override {
    return session_.write_if([&]() -> Result<bool> {
      if (!trim.base) {
        if (Result<void> forgotten = forget_history(trim.document); !forgotten) return forgotten.error();
        return true;
      }
      for (const std::int64_t id : trim.rows) {
        const Result<int> deleted =
            session_.change("DELETE FROM yjs_update_log WHERE id = ? AND folded_at IS NOT NULL",
                            [&](SqliteStatement& statement) { statement.bind(1, id); });
        if (!deleted) return deleted.error();
        if (*deleted != 1) return false;
      }
      return put_base(trim.document, *trim.base, trim.base_time);
    });
  }

  Result<std::vector<std::string>> find_history(std::optional<WallTime> before, std::size_t limit) override {
    std::vector<std::string> documents;
    const std::string bound = before ? format_time(*before) : "";
    const char* sql = before ? R"(SELECT DISTINCT document_id FROM yjs_update_log
                                  WHERE folded_at IS NOT NULL AND created_at < ?2 LIMIT ?1)"
                             : "SELECT document_id FROM yjs_document_base LIMIT ?1";
    Result<void> read = session_.each(
        sql,
        [&](SqliteStatement& query) {
          query.bind(1, static_cast<std::int64_t>(limit));
          if (before) query.bind(2, bound);
        },
        [&](const SqliteStatement& row) { documents.emplace_back(row.text(0)); });
    if (!read) return read.error();
    return documents;
  }

  Result<void> probe() override { return {}; }
  void interrupt() override {}

  Result<void> list(const std::function<void(const DocumentSummary&)>& visit) override {
    return session_.each(
        R"(SELECT d.id, length(d.data), d.updated_at, l.rows, l.bytes, l.kept, l.authors, l.last
           FROM (SELECT id, data, updated_at FROM yjs_document ORDER BY id) d LEFT JOIN (
             SELECT document_id, count(*) FILTER (WHERE folded_at IS NULL) AS rows,
               sum(length("update")) FILTER (WHERE folded_at IS NULL) AS bytes,
               count(folded_at) AS kept, count(DISTINCT user_id) AS authors, max(created_at) AS last
             FROM yjs_update_log GROUP BY document_id) l ON l.document_id = d.id ORDER BY d.id)",
        [](SqliteStatement&) {},
        [&](const SqliteStatement& row) {
          const auto count = [&](int column) { return static_cast<std::size_t>(row.integer(column)); };
          visit({std::string(row.text(0)), count(1), count(3), count(4), count(5), count(6),
                 std::max(time_in(row, 2), row.is_null(7) ? WallTime{} : time_in(row, 7))});
        });
  }

  Result<bool> exists(const std::string& document) override {
    bool found = false;
    Result<void> read = session_.each(
        "SELECT 1 FROM yjs_document WHERE id = ?", [&](SqliteStatement& query) { query.bind(1, document); },
        [&](const SqliteStatement&) { found = true; });
    if (!read) return read.error();
    return found;
  }

  Result<void> set_aside(const std::string& document, std::span<const Damage> parts) override {
    return session_.write([&]() -> Result<void> {
      for (const Damage& part : parts) {
        Result<void> moved = part.row ? set_row_aside(document, *part.row, part.reason)
                                      : set_state_aside(document, part.reason);
        if (!moved) return moved;
      }
      return {};
    });
  }

  Result<bool> remove(const std::string& document) override {
    return session_.write_if([&]() -> Result<bool> {
      const Result<int> removed =
          session_.change("DELETE FROM yjs_document WHERE id = ?",
                          [&](SqliteStatement& statement) { statement.bind(1, document); });
      if (!removed) return removed.error();
      return *removed == 1;
    });
  }

private:
  struct State {
    Bytes data;
    std::string version;                   // its updated_at
    std::optional<std::int64_t> checksum;  // none: somebody else wrote it
  };

  Result<void> append_rows(std::span<const Append> group) {
    const std::string now = now_text();
    boost::unordered_flat_set<std::string_view> present;
    for (const Append& append : group) {
      if (present.insert(*append.document).second) {
        if (Result<void> added = add_document(*append.document, now); !added) return added;
      }
      const std::string time = format_time(append.time);
      const Result<int> added = session_.change(
          R"(INSERT INTO yjs_update_log (document_id, "update", user_id, created_at, checksum) VALUES (?, ?, ?, ?, ?))",
          [&](SqliteStatement& statement) {
            statement.bind(1, *append.document);
            statement.bind(2, append.update);
            if (append.user_id.empty()) {
              statement.bind_null(3);
            } else {
              statement.bind(3, append.user_id);
            }
            statement.bind(4, time);
            statement.bind(5, checksum(append.update));
          });
      if (!added) return added.error();
    }
    return {};
  }

  // The row of the document must be there for the log to refer to. One that is there is left alone, whatever
  // it holds.
  Result<void> add_document(const std::string& document, const std::string& now) {
    const Result<int> added = session_.change(
        R"(INSERT INTO yjs_document (id, data, updated_at, checksum, sealed_at) VALUES (?1, ?2, ?3, ?4, ?3)
           ON CONFLICT DO NOTHING)",
        [&](SqliteStatement& statement) {
          statement.bind(1, document);
          statement.bind(2, BytesView(empty_update));
          statement.bind(3, now);
          statement.bind(4, checksum(empty_update));
        });
    if (!added) return added.error();
    return {};
  }

  Result<std::optional<State>> read_state(const std::string& document) {
    std::optional<State> state;
    Result<void> read = session_.each(
        "SELECT data, updated_at, checksum, sealed_at = updated_at FROM yjs_document WHERE id = ?",
        [&](SqliteStatement& query) { query.bind(1, document); },
        [&](const SqliteStatement& row) {
          state = State{to_bytes(row.blob(0)), std::string(row.text(1)), std::nullopt};
          if (row.integer(3) == 1) state->checksum = checksum_in(row, 2);
        });
    if (!read) return read.error();
    return state;
  }

  Result<bool> put_state(const std::string& document, const Bytes& state, const std::string& now) {
    const Result<int> set = session_.change(
        R"(INSERT INTO yjs_document (id, data, updated_at, checksum, sealed_at) VALUES (?1, ?2, ?3, ?4, ?3)
           ON CONFLICT (id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at,
             checksum = excluded.checksum, sealed_at = excluded.sealed_at)",
        [&](SqliteStatement& statement) {
          statement.bind(1, document);
          statement.bind(2, BytesView(state));
          statement.bind(3, now);
          statement.bind(4, checksum(state));
        });
    if (!set) return set.error();
    return true;
  }

  Result<bool> fold_row(std::int64_t id, bool keep, const std::string& now) {
    const Result<int> folded =
        keep ? session_.change("UPDATE yjs_update_log SET folded_at = ?2 WHERE id = ?1 AND folded_at IS NULL",
                               [&](SqliteStatement& statement) {
                                 statement.bind(1, id);
                                 statement.bind(2, now);
                               })
             : session_.change("DELETE FROM yjs_update_log WHERE id = ? AND folded_at IS NULL",
                               [&](SqliteStatement& statement) { statement.bind(1, id); });
    if (!folded) return folded.error();
    return *folded == 1;
  }

  // History begins with the state before the first row that is kept. It begins anew where somebody else wrote
  // the state: how that came to be is in no row.
  Result<void> keep_base(const std::string& document, const std::optional<State>& state) {
    const Bytes data = state ? state->data : to_bytes(empty_update);
    const WallTime written = state ? time_of(state->version) : WallTime{};
    History history{};
    if (Result<void> read = read_base(document, history); !read) return read;
    const bool is_foreign = state && !state->checksum;
    if (history.base_is_kept && !is_foreign) return {};
    if (Result<void> forgotten = forget_history(document); !forgotten) return forgotten;
    const Result<bool> put = put_base(document, data, base_time_of(data, written));
    if (!put) return put.error();
    return {};
  }

  Result<void> forget_history(const std::string& document) {
    for (const char* sql : {"DELETE FROM yjs_update_log WHERE document_id = ? AND folded_at IS NOT NULL",
                            "DELETE FROM yjs_document_base WHERE document_id = ?"}) {
      const Result<int> gone =
          session_.change(sql, [&](SqliteStatement& statement) { statement.bind(1, document); });
      if (!gone) return gone.error();
    }
    return {};
  }

  Result<bool> put_base(const std::string& document, const Bytes& base, WallTime time) {
    const std::string text = format_time(time);
    const Result<int> put = session_.change(
        "INSERT OR REPLACE INTO yjs_document_base (document_id, data, checksum, base_time) VALUES (?, ?, ?, "
        "?)",
        [&](SqliteStatement& statement) {
          statement.bind(1, document);
          statement.bind(2, BytesView(base));
          statement.bind(3, checksum(base));
          statement.bind(4, text);
        });
    if (!put) return put.error();
    return true;
  }

  Result<void> read_base(const std::string& document, History& history) {
    const auto take = [&](BytesView data, std::optional<std::int64_t> sum, WallTime time) {
      if (is_sound(data, sum)) {
        history.base = to_bytes(data);
      } else {
        history.damages.push_back({std::nullopt, "its checksum is wrong"});
      }
      history.base_time = time;
    };
    const Result<std::optional<State>> state = read_state(document);
    if (!state) return state.error();
    // What somebody else wrote into the state is in no row: history begins with it.
    const bool is_foreign = *state && !(*state)->checksum;
    if (!is_foreign) {
      Result<void> read = session_.each(
          "SELECT data, checksum, base_time FROM yjs_document_base WHERE document_id = ?",
          [&](SqliteStatement& query) { query.bind(1, document); },
          [&](const SqliteStatement& row) {
            take(row.blob(0), checksum_in(row, 1), time_in(row, 2));
            history.base_is_kept = true;
          });
      if (!read || history.base_is_kept) return read;
    }
    if (*state) {
      take((*state)->data, (*state)->checksum, base_time_of((*state)->data, time_of((*state)->version)));
    }
    return {};
  }

  Result<void> set_row_aside(const std::string& document, std::int64_t row, const std::string& reason) {
    const std::string now = now_text();
    const Result<int> copied = session_.change(
        R"(INSERT INTO yjs_quarantine (document_id, row_id, data, checksum, user_id, created_at, reason, set_aside_at)
           SELECT document_id, id, "update", checksum, user_id, created_at, ?3, ?4 FROM yjs_update_log
           WHERE document_id = ?1 AND id = ?2)",
        [&](SqliteStatement& statement) {
          statement.bind(1, document);
          statement.bind(2, row);
          statement.bind(3, reason);
          statement.bind(4, now);
        });
    if (!copied) return copied.error();
    const Result<int> gone = session_.change("DELETE FROM yjs_update_log WHERE document_id = ? AND id = ?",
                                             [&](SqliteStatement& statement) {
                                               statement.bind(1, document);
                                               statement.bind(2, row);
                                             });
    if (!gone) return gone.error();
    return {};
  }

  Result<void> set_state_aside(const std::string& document, const std::string& reason) {
    const std::string now = now_text();
    const Result<int> copied = session_.change(
        R"(INSERT INTO yjs_quarantine (document_id, data, checksum, created_at, reason, set_aside_at)
           SELECT id, data, checksum, updated_at, ?2, ?3 FROM yjs_document WHERE id = ?1)",
        [&](SqliteStatement& statement) {
          statement.bind(1, document);
          statement.bind(2, reason);
          statement.bind(3, now);
        });
    if (!copied) return copied.error();
    const Result<bool> emptied = put_state(document, to_bytes(empty_update), now);
    if (!emptied) return emptied.error();
    return {};
  }

  const std::optional<db::FileLock> lock_;
  SqliteSession session_;
};

}  // namespace

Result<SqliteConnection> open_sqlite(const std::string& path, Missing missing) {
  if (missing == Missing::fail && !std::filesystem::exists(path))
    return Error{Errc::not_found, "there is no file " + path};
  Result<SqliteConnection> connection = SqliteConnection::open(path, busy_timeout_ms);
  if (!connection) return connection;
  for (const char* pragma :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
        "PRAGMA wal_autocheckpoint = 4000", "PRAGMA journal_size_limit = 67108864"}) {
    if (Result<void> set = connection->execute(pragma); !set) return set.error();
  }
  return connection;
}

std::unique_ptr<Tables> make_sqlite_tables(SqliteConnection connection, std::optional<db::FileLock> lock) {
  return std::make_unique<SqliteTables>(std::move(connection), std::move(lock));
}

}  // namespace canvas::store
