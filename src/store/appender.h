// Commits appends in groups, on a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <variant>
#include <vector>

#include "store/store.h"

namespace canvas::store {

// All that is waiting becomes one transaction. When idle an append is committed at once; under load groups
// grow, because commits keep a distance: a transaction costs nearly the same for one row as for a hundred.
//
// A group that fails is tried again, after 50 ms, then twice as long each time up to 5 s, until it succeeds
// or the appender is destroyed. So its order is kept, and what was never committed is never acknowledged.
class Appender {
public:
  // Writes a group, durably or not at all. On the appender's thread.
  using CommitGroup = std::function<Result<void>(std::span<const Append>)>;

  // From the start of a commit to that of the next, while there is work.
  static constexpr std::chrono::milliseconds commit_distance{10};
  // A group is cut here, so that one transaction does not grow without bound behind a slow one.
  static constexpr std::size_t max_group_bytes = 16u << 20;

  explicit Appender(CommitGroup commit);
  // Tries what is waiting once more, and joins the thread. What then fails is lost, unacknowledged, and
  // logged.
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  // Any thread.
  void append(Append append);
  // Runs `task` on the appender's thread when all that was appended before is committed. The task may use
  // what CommitGroup uses.
  void post(std::function<void()> task);
  Health health() const;
  std::size_t backlog_bytes() const { return backlog_bytes_.load(std::memory_order_relaxed); }

private:
  using Item = std::variant<Append, std::function<void()>>;

  void run();
  void add(std::unique_lock<std::mutex> lock, Item item);
  // The appends up to the next task.
  std::vector<Append> take_group();
  void commit(const std::vector<Append>& group);
  bool wait_for_retry(std::chrono::milliseconds delay);
  void note_failure(const Error& error, std::size_t rows);
  void note_success(std::span<const Append> group);

  const CommitGroup commit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  bool idle_ = false;  // the thread sleeps until something is added
  bool stopping_ = false;
  std::atomic<std::size_t> backlog_bytes_ = 0;
  std::string failure_;
  std::thread thread_;
};

}  // namespace canvas::store
