#include "store/sqlite_store.h"

#include <boost/unordered/unordered_flat_set.hpp>
#include <ctime>
#include <optional>

#include "db/file_lock.h"
#include "db/sqlite.h"
#include "db/worker.h"
#include "store/appender.h"

namespace canvas::store {
namespace {

using db::SqliteConnection;
using db::SqliteStatement;
using db::SqliteTransaction;

constexpr int busy_timeout_ms = 1000;
constexpr std::int64_t schema_version = 1;

// An update of nothing: what the state of a document is until its first compaction.
constexpr std::uint8_t empty_update[] = {0, 0};

constexpr const char* schema = R"sql(
  CREATE TABLE yjs_document (
    id TEXT PRIMARY KEY,
    data BLOB NOT NULL,
    updated_at TEXT NOT NULL
  );
  CREATE TABLE yjs_update_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL REFERENCES yjs_document (id) ON DELETE CASCADE,
    "update" BLOB NOT NULL,
    user_id TEXT,
    created_at TEXT NOT NULL
  );
  CREATE INDEX yjs_update_log_document ON yjs_update_log (document_id);
  PRAGMA user_version = 1;
)sql";

std::string timestamp() {
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + length, sizeof text - length, ".%03ldZ", now.tv_nsec / 1'000'000);
  return text;
}

Result<void> prepare_schema(SqliteConnection& connection) {
  Result<SqliteTransaction> transaction =
      SqliteTransaction::begin(connection, SqliteTransaction::Kind::write);
  if (!transaction) return transaction.error();
  Result<SqliteStatement> query = connection.prepare("PRAGMA user_version");
  if (!query) return query.error();
  if (Result<bool> row = query->step(); !row) return row.error();
  const std::int64_t version = query->integer(0);
  query->reset();
  if (version == schema_version) return {};
  if (version != 0) {
    return Error{Errc::unsupported, "its tables are of version " + std::to_string(version) +
                                        ", this program knows version " + std::to_string(schema_version)};
  }
  if (Result<void> made = connection.execute(schema); !made) return made.error();
  return transaction->commit();
}

Result<SqliteConnection> open_connection(const std::string& path) {
  Result<SqliteConnection> connection = SqliteConnection::open(path, busy_timeout_ms);
  if (!connection) return connection;
  for (const char* pragma :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
        "PRAGMA wal_autocheckpoint = 4000", "PRAGMA journal_size_limit = 67108864"}) {
    if (Result<void> set = connection->execute(pragma); !set) return set.error();
  }
  return connection;
}

// What reads. Lives on a worker of the store's.
class Reader {
public:
  static Result<Reader> open(const std::string& path) {
    Result<SqliteConnection> connection = open_connection(path);
    if (!connection) return connection.error();
    Result<SqliteStatement> state = connection->prepare("SELECT data FROM yjs_document WHERE id = ?");
    if (!state) return state.error();
    Result<SqliteStatement> log =
        connection->prepare(R"(SELECT id, "update" FROM yjs_update_log WHERE document_id = ? ORDER BY id)");
    if (!log) return log.error();
    return Reader(std::move(*connection), std::move(*state), std::move(*log));
  }

  // State and log of one moment.
  Result<StoredDocument> read(const std::string& document) {
    const auto transaction = SqliteTransaction::begin(connection_, SqliteTransaction::Kind::read);
    if (!transaction) return transaction.error();
    Result<StoredDocument> rows = read_rows(document);
    state_.reset();
    log_.reset();
    return rows;
  }

private:
  Reader(SqliteConnection connection, SqliteStatement state, SqliteStatement log)
      : connection_(std::move(connection)), state_(std::move(state)), log_(std::move(log)) {}

  Result<StoredDocument> read_rows(const std::string& document) {
    StoredDocument rows;
    state_.bind(1, document);
    const Result<bool> has_state = state_.step();
    if (!has_state) return has_state.error();
    if (*has_state) rows.state = to_bytes(state_.blob(0));
    log_.bind(1, document);
    for (;;) {
      const Result<bool> row = log_.step();
      if (!row) return row.error();
      if (!*row) return rows;
      rows.updates.push_back({log_.integer(0), to_bytes(log_.blob(1))});
    }
  }

  SqliteConnection connection_;
  SqliteStatement state_;
  SqliteStatement log_;
};

// What writes. Lives on the appender's thread.
class Writer {
public:
  static Result<Writer> open(const std::string& path) {
    Result<SqliteConnection> connection = open_connection(path);
    if (!connection) return connection.error();
    if (Result<void> prepared = prepare_schema(*connection); !prepared) return prepared.error();
    Writer writer(std::move(*connection));
    for (
        const auto& [statement, sql] : {
            std::pair{
                &writer.add_document_,
                "INSERT INTO yjs_document (id, data, updated_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"},
            std::pair{
                &writer.add_row_,
                R"(INSERT INTO yjs_update_log (document_id, "update", user_id, created_at) VALUES (?, ?, ?, ?))"},
            std::pair{&writer.set_state_, "UPDATE yjs_document SET data = ?, updated_at = ? WHERE id = ?"},
            std::pair{&writer.delete_row_, "DELETE FROM yjs_update_log WHERE id = ?"},
        }) {
      Result<SqliteStatement> prepared = writer.connection_.prepare(sql);
      if (!prepared) return prepared.error();
      statement->emplace(std::move(*prepared));
    }
    return writer;
  }

  Result<void> append(std::span<const Append> group) {
    Result<SqliteTransaction> transaction =
        SqliteTransaction::begin(connection_, SqliteTransaction::Kind::write);
    if (!transaction) return transaction.error();
    const std::string now = timestamp();
    boost::unordered_flat_set<std::string_view> present;
    for (const Append& append : group) {
      if (present.insert(*append.document).second) {
        if (Result<void> added = add_document(*append.document, now); !added) return added.error();
      }
      if (Result<void> added = add_row(append, now); !added) return added.error();
    }
    return transaction->commit();
  }

  // Sets the state and takes away just the rows that are in it.
  Result<void> replace(const std::string& document, const Bytes& state, std::span<const std::int64_t> rows) {
    Result<SqliteTransaction> transaction =
        SqliteTransaction::begin(connection_, SqliteTransaction::Kind::write);
    if (!transaction) return transaction.error();
    const std::string now = timestamp();
    set_state_->bind(1, BytesView(state));
    set_state_->bind(2, now);
    set_state_->bind(3, document);
    if (Result<void> set = set_state_->run(); !set) return set.error();
    for (const std::int64_t row : rows) {
      delete_row_->bind(1, row);
      if (Result<void> deleted = delete_row_->run(); !deleted) return deleted.error();
    }
    return transaction->commit();
  }

private:
  explicit Writer(SqliteConnection connection) : connection_(std::move(connection)) {}

  // The row of the document must be there for the log to refer to. One that is there is left alone, whatever
  // it holds.
  Result<void> add_document(const std::string& document, const std::string& now) {
    add_document_->bind(1, document);
    add_document_->bind(2, BytesView(empty_update));
    add_document_->bind(3, now);
    return add_document_->run();
  }

  Result<void> add_row(const Append& append, const std::string& now) {
    add_row_->bind(1, *append.document);
    add_row_->bind(2, append.update);
    if (append.user_id.empty()) {
      add_row_->bind_null(3);
    } else {
      add_row_->bind(3, append.user_id);
    }
    add_row_->bind(4, now);
    return add_row_->run();
  }

  SqliteConnection connection_;
  std::optional<SqliteStatement> add_document_;
  std::optional<SqliteStatement> add_row_;
  std::optional<SqliteStatement> set_state_;
  std::optional<SqliteStatement> delete_row_;
};

// A reader and its thread. Compactions have another than loads, so that nobody who joins waits for one.
struct ReadThread {
  explicit ReadThread(Reader r) : reader(std::move(r)) {}
  Reader reader;
  db::Worker worker;
};

class SqliteStore final : public Store {
public:
  SqliteStore(db::FileLock lock, Writer writer, Reader loads, Reader compactions, Merge merge)
      : lock_(std::move(lock)),
        merge_(std::move(merge)),
        writer_(std::move(writer)),
        appender_([this](std::span<const Append> group) { return writer_.append(group); }),
        loads_(std::move(loads)),
        compactions_(std::move(compactions)) {}

  void load(std::string document, std::function<void(Result<StoredDocument>)> done) override {
    loads_.worker.post([this, document = std::move(document), done = std::move(done)] {
      Result<StoredDocument> rows = loads_.reader.read(document);
      if (!rows) return done(rows.error());
      done(std::move(*rows));
    });
  }

  void append(Append append) override { appender_.append(std::move(append)); }

  void compact(std::string document, std::function<void(Result<Compacted>)> done) override {
    compactions_.worker.post([this, document = std::move(document), done = std::move(done)]() mutable {
      Result<StoredDocument> rows = compactions_.reader.read(document);
      if (!rows) return done(rows.error());
      if (rows->updates.empty()) return done(Compacted{0, 0, rows->state.size()});
      Result<Bytes> merged = merge(*rows);
      if (!merged) return done(merged.error());
      std::vector<std::int64_t> ids;
      for (const StoredUpdate& update : rows->updates) ids.push_back(update.row);
      const Compacted compacted{ids.size(), rows->log_bytes(), merged->size()};
      appender_.post([this, document = std::move(document), done = std::move(done), ids = std::move(ids),
                      state = std::move(*merged), compacted] {
        const Result<void> replaced = writer_.replace(document, state, ids);
        if (!replaced) return done(replaced.error());
        done(compacted);
      });
    });
  }

  void flush(std::function<void()> done) override { appender_.post(std::move(done)); }
  void tidy() override {}

  Health health() const override { return appender_.health(); }
  std::size_t backlog_bytes() const override { return appender_.backlog_bytes(); }

private:
  Result<Bytes> merge(const StoredDocument& document) const {
    std::vector<BytesView> updates;
    updates.reserve(document.updates.size() + 1);
    if (!document.state.empty()) updates.emplace_back(document.state);
    for (const StoredUpdate& update : document.updates) updates.emplace_back(update.bytes);
    return merge_(updates);
  }

  const db::FileLock lock_;
  const Merge merge_;
  Writer writer_;
  Appender appender_;
  // These go before the appender: their last tasks may give it work.
  ReadThread loads_;
  ReadThread compactions_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, Merge merge) {
  const auto failed = [&](const Error& error) {
    return Error{error.code, "cannot use the database " + path + ": " + error.message};
  };
  Result<db::FileLock> lock = db::FileLock::take(path + ".lock");
  if (!lock) return failed(lock.error());
  Result<Writer> writer = Writer::open(path);
  if (!writer) return failed(writer.error());
  Result<Reader> loads = Reader::open(path);
  if (!loads) return failed(loads.error());
  Result<Reader> compactions = Reader::open(path);
  if (!compactions) return failed(compactions.error());
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(
      std::move(*lock), std::move(*writer), std::move(*loads), std::move(*compactions), std::move(merge)));
}

}  // namespace canvas::store
