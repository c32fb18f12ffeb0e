#include "store/table_store.h"

#include <atomic>
#include <mutex>

#include "log/log.h"
#include "store/appender.h"
#include "store/compaction.h"
#include "store/tables_pool.h"

namespace canvas::store {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

// Who wants to join is told to come later rather than to wait for longer.
constexpr std::chrono::seconds longest_wait{10};
// Nobody may have tried to load anything since.
constexpr std::chrono::seconds failure_is_news{15};
// A round of tidying ends here; the next one goes on.
constexpr std::size_t max_trims = 1000;

std::vector<std::unique_ptr<Tables>> one(std::unique_ptr<Tables> tables) {
  std::vector<std::unique_ptr<Tables>> list;
  list.push_back(std::move(tables));
  return list;
}

class TableStore final : public Store {
public:
  TableStore(TableConnections connections, const StoreOptions& options, Merge merge)
      : options_(options),
        merge_(std::move(merge)),
        folds_by_writer_(connections.folds == TableConnections::Folds::by_writer),
        writer_(std::move(connections.writer)),
        appender_(*writer_),
        loaders_(std::move(connections.loaders)),
        folder_(one(std::move(connections.folder))) {}

  // Nobody waits for loads any more. The rest is given the time it needs by a database that answers; one that
  // does not would hold up the end.
  ~TableStore() override {
    is_ending_ = true;
    loaders_.interrupt();
    if (appender_.health().ok) return;
    writer_->interrupt();
    folder_.interrupt();
  }

  void load(std::string document, std::function<void(Result<StoredDocument>)> done) override {
    const steady_clock::time_point asked = steady_clock::now();
    loaders_.post([this, document = std::move(document), done = std::move(done), asked](Tables& tables) {
      if (steady_clock::now() - asked > longest_wait)
        return done(Error{Errc::unavailable, "too many documents wait to be read"});
      Result<StoredRows> rows = tables.read(document);
      note_read(rows ? std::string() : rows.error().message, steady_clock::now() - asked);
      if (!rows) return done(rows.error());
      done(std::move(rows->document));
    });
  }

  void append(Append append) override { appender_.append(std::move(append)); }

  void compact(std::string document, std::function<void(Result<Compacted>)> done) override {
    const steady_clock::time_point asked = steady_clock::now();
    fold_slice(std::move(document), Compacted{},
               [this, asked, done = std::move(done)](Result<Compacted> compacted) {
                 note_compaction(compacted, steady_clock::now() - asked);
                 done(std::move(compacted));
               });
  }

  void flush(std::function<void()> done) override { appender_.flush(std::move(done)); }

  void tidy() override {
    if (is_tidying_.exchange(true)) return;
    folder_.post([this](Tables& tables) {
      Result<std::vector<std::string>> documents =
          find_trims(tables, options_, system_clock::now(), max_trims);
      if (!documents) {
        log::warning("store.tidy_failed", {{"reason", documents.error().message}});
        documents = std::vector<std::string>();
      }
      for (const std::string& document : *documents) post_trim(document);
      folder_.post([this](Tables&) { is_tidying_ = false; });
    });
  }

  Health health() const override {
    Health health = appender_.health();
    if (!health.ok) return health;
    const std::lock_guard lock(mutex_);
    if (read_failure_.empty() || steady_clock::now() - read_failed_ > failure_is_news) return health;
    health.ok = false;
    health.reason = "a document could not be read: " + read_failure_;
    return health;
  }

  Statistics statistics() const override {
    const CommitStatistics commits = appender_.statistics();
    const std::lock_guard lock(mutex_);
    Statistics statistics = statistics_;
    statistics.commits = commits;
    return statistics;
  }

  std::size_t backlog_bytes() const override { return appender_.backlog_bytes(); }

private:
  // Runs `task` where this database takes folds and trims.
  void write(Tables& here, std::function<void(Tables&)> task) {
    if (folds_by_writer_) return appender_.post(std::move(task));
    task(here);
  }

  // `before`: what the slices before this have done.
  void fold_slice(std::string document, Compacted before, std::function<void(Result<Compacted>)> done) {
    folder_.post([this, document = std::move(document), before, done = std::move(done)](Tables& tables) {
      if (is_ending_) return done(Error{Errc::unavailable, "the store is closing"});
      Result<PlannedFold> planned = plan_fold(tables, document, options_, merge_);
      if (!planned) return done(planned.error());
      Compacted sum = before;
      sum += planned->compacted;
      if (planned->fold.rows.empty()) return done(sum);
      write(tables, [this, done, sum, fold = std::move(planned->fold),
                     may_be_more = planned->may_be_more](Tables& writing) {
        const Result<bool> folded = writing.fold(fold);
        if (!folded) return done(folded.error());
        if (!*folded) return done(Error{Errc::unavailable, "another process has changed the document"});
        if (may_be_more) return fold_slice(fold.document, sum, done);
        done(sum);
      });
    });
  }

  // A task for each, so that compactions come in between.
  void post_trim(const std::string& document) {
    folder_.post([this, document](Tables& tables) {
      if (is_ending_) return;
      const auto planned = plan_trim(tables, document, options_, merge_, system_clock::now());
      if (!planned) return note_trim(document, planned.error());
      if (!*planned) return;
      write(tables, [document, trim = **planned](Tables& writing) {
        if (const Result<bool> trimmed = writing.trim(trim); !trimmed) note_trim(document, trimmed.error());
      });
    });
  }

  static void note_trim(const std::string& document, const Error& error) {
    log::warning("store.trim_failed", {{"document", document}, {"reason", error.message}});
  }

  // Why a load failed, empty when it did not, and what it took.
  void note_read(std::string failure, steady_clock::duration time) {
    const std::lock_guard lock(mutex_);
    if (failure.empty()) {
      statistics_.loads.seconds.observe(time);
    } else {
      ++statistics_.loads.failures;
    }
    read_failure_ = std::move(failure);
    read_failed_ = steady_clock::now();
  }

  void note_compaction(const Result<Compacted>& compacted, steady_clock::duration time) {
    const std::lock_guard lock(mutex_);
    if (!compacted) {
      ++statistics_.compactions.failures;
      return;
    }
    statistics_.compactions.seconds.observe(time);
    statistics_.compacted_rows += compacted->rows;
    statistics_.compacted_log_bytes += compacted->log_bytes;
  }

  const StoreOptions options_;
  const Merge merge_;
  mutable std::mutex mutex_;
  std::string read_failure_;  // of the last load, if it failed
  steady_clock::time_point read_failed_{};
  Statistics statistics_;  // but for the commits, which the appender knows
  std::atomic<bool> is_ending_ = false;
  const bool folds_by_writer_;
  std::atomic<bool> is_tidying_ = false;
  const std::unique_ptr<Tables> writer_;
  Appender appender_;
  // These go before the appender: their last tasks may give it work.
  TablesPool loaders_;
  TablesPool folder_;
};

}  // namespace

std::unique_ptr<Store> make_table_store(TableConnections connections, const StoreOptions& options,
                                        Merge merge) {
  return std::make_unique<TableStore>(std::move(connections), options, std::move(merge));
}

}  // namespace canvas::store
