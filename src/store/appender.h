// Commits appends in groups, on a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "store/tables.h"

namespace canvas::store {

// All that is waiting becomes one transaction. When idle an append is committed at once; under load groups
// grow, because commits keep a distance: a transaction costs nearly the same for one row as for a hundred.
//
// A group that fails is tried again, after 50 ms, then twice as long each time up to 5 s, until it succeeds
// or the appender is destroyed. So its order is kept, and what was never committed is never acknowledged.
//
// A group that the database rejects is committed a document at a time. A document that is still rejected is
// set aside with all that is appended to it, and tried again from time to time: its order is kept, and the
// others go on.
class Appender {
public:
  // From the start of a commit to that of the next, while there is work.
  static constexpr std::chrono::milliseconds commit_distance{10};
  // A group is cut here, so that one transaction does not grow without bound behind a slow one.
  static constexpr std::size_t max_group_bytes = 16u << 20;
  static constexpr std::size_t max_group_rows = 10'000;
  // So often an idle appender asks whether the database is there.
  static constexpr std::chrono::seconds probe_interval{5};

  // `tables` is the appender's from here on, and outlives it.
  explicit Appender(Tables& tables);
  // Tries what is waiting once more, and joins the thread. What then fails is lost, unacknowledged, and
  // logged.
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  // Any thread, this and all below.
  void append(Append append);
  // Calls `done` on the appender's thread when all that was appended before is committed.
  void flush(std::function<void()> done);
  // Runs `task` on the appender's thread, between two groups.
  void post(std::function<void(Tables&)> task);
  Health health() const;
  CommitStatistics statistics() const;
  std::size_t backlog_bytes() const { return backlog_bytes_.load(std::memory_order_relaxed); }

private:
  struct Flush {
    std::function<void()> done;
  };
  using Item = std::variant<Append, Flush>;
  using Clock = std::chrono::steady_clock;
  enum class Outcome { committed, rejected, stopped };

  void run();
  bool sleep(std::unique_lock<std::mutex>& lock);
  void run_task(std::unique_lock<std::mutex>& lock);
  void commit_next_group(std::unique_lock<std::mutex>& lock);
  void add(std::unique_lock<std::mutex> lock, Item item);
  std::vector<Append> take_group();
  void commit(std::vector<Append> group);
  Outcome commit_until_decided(std::span<const Append> group);
  Result<void> try_commit(std::span<const Append> group);
  void commit_document(std::vector<Append> rows);
  void retry_rejected();
  void probe();
  bool wait_for_retry(std::chrono::milliseconds delay);
  void finish_flush(Flush flush);
  void note_failure(const Error& error, std::size_t rows);
  void note_rejected(const Error& error, const Append& row);
  void forget_rejection();
  void note_answer();
  void note_latency(Clock::duration time);
  void note_committed(std::span<const Append> group);
  void note_lost(std::size_t rows);

  Tables& tables_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::deque<std::function<void(Tables&)>> tasks_;
  bool idle_ = false;  // the thread sleeps until something is added
  bool stopping_ = false;
  std::atomic<std::size_t> backlog_bytes_ = 0;
  std::atomic<std::size_t> backlog_updates_ = 0;
  CommitStatistics statistics_;
  std::optional<std::chrono::microseconds> latency_;
  std::string failure_;                // why nothing can be committed
  Clock::time_point failing_since_{};  // while there is one
  std::string rejection_;              // why some documents cannot

  // Of the thread alone.
  bool is_uncertain_ = false;                            // the last try may have been committed after all
  std::map<std::string, std::vector<Append>> rejected_;  // by document, never empty ones
  std::vector<Flush> waiting_flushes_;                   // for those
  Clock::time_point next_retry_{};
  std::chrono::seconds retry_delay_{1};
  Clock::time_point next_probe_{};
  Clock::time_point last_commit_{};

  std::thread thread_;
};

}  // namespace canvas::store
