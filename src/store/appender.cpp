#include "store/appender.h"

#include <algorithm>
#include <utility>

#include "log/log.h"

namespace canvas::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds first_delay{50};
constexpr milliseconds longest_delay{5000};
constexpr seconds longest_rejection_delay{30};

// One call for each sink; nearly always there is but one.
void tell_sinks(std::span<const Append> group) {
  std::vector<std::pair<CommitSink*, std::vector<Ticket>>> by_sink;
  for (const Append& append : group) {
    auto at =
        std::find_if(by_sink.begin(), by_sink.end(), [&](const auto& e) { return e.first == append.sink; });
    if (at == by_sink.end()) at = by_sink.insert(at, {append.sink, {}});
    at->second.push_back(append.ticket);
  }
  for (auto& [sink, tickets] : by_sink) sink->on_committed(std::move(tickets));
}

}  // namespace

Appender::Appender(Tables& tables) : tables_(tables), thread_([this] { run(); }) {}

Appender::~Appender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Appender::append(Append append) {
  append.time = std::chrono::system_clock::now();
  backlog_bytes_ += append.update.size();
  ++backlog_updates_;
  add(std::unique_lock(mutex_), std::move(append));
}

void Appender::flush(std::function<void()> done) {
  add(std::unique_lock(mutex_), Flush{std::move(done)});
}

void Appender::post(std::function<void(Tables&)> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

// While the thread works, or keeps its distance, it looks at items_ by itself: waking it would cost two
// system calls an append.
void Appender::add(std::unique_lock<std::mutex> lock, Item item) {
  items_.push_back(std::move(item));
  if (!std::exchange(idle_, false)) return;
  lock.unlock();
  changed_.notify_one();
}

Health Appender::health() const {
  const std::lock_guard lock(mutex_);
  Health health{failure_.empty() && rejection_.empty(), failure_.empty() ? rejection_ : failure_};
  if (!failure_.empty())
    health.away_for = std::chrono::duration_cast<milliseconds>(Clock::now() - failing_since_);
  health.latency = latency_;
  health.backlog_updates = backlog_updates_;
  return health;
}

CommitStatistics Appender::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

void Appender::run() {
  next_probe_ = Clock::now() + probe_interval;
  bool was_task = false;
  std::unique_lock lock(mutex_);
  while (sleep(lock)) {
    // Where there are both, tasks and items take turns.
    was_task = !tasks_.empty() && (items_.empty() || !was_task);
    if (was_task) {
      run_task(lock);
    } else if (items_.empty()) {
      lock.unlock();
      if (Clock::now() >= next_probe_) probe();
    } else if (std::holds_alternative<Flush>(items_.front())) {
      Flush reached = std::get<Flush>(std::move(items_.front()));
      items_.pop_front();
      lock.unlock();
      finish_flush(std::move(reached));
    } else {
      commit_next_group(lock);
    }
    if (!rejected_.empty() && Clock::now() >= next_retry_) retry_rejected();
    lock.lock();
  }
  lock.unlock();
  if (!rejected_.empty()) retry_rejected();
  std::size_t lost = 0;
  for (const auto& [document, rows] : rejected_) lost += rows.size();
  if (lost > 0) note_lost(lost);
}

// Unlocks, as the next does.
void Appender::run_task(std::unique_lock<std::mutex>& lock) {
  const auto task = std::move(tasks_.front());
  tasks_.pop_front();
  lock.unlock();
  task(tables_);
}

void Appender::commit_next_group(std::unique_lock<std::mutex>& lock) {
  changed_.wait_until(lock, last_commit_ + commit_distance, [this] { return stopping_; });
  last_commit_ = Clock::now();
  std::vector<Append> group = take_group();
  lock.unlock();
  commit(std::move(group));
}

// Until there is something to do; false when there is nothing left and the appender is to stop.
bool Appender::sleep(std::unique_lock<std::mutex>& lock) {
  const Clock::time_point deadline = rejected_.empty() ? next_probe_ : std::min(next_probe_, next_retry_);
  while (items_.empty() && tasks_.empty()) {
    if (stopping_) return false;
    idle_ = true;
    const bool is_over = changed_.wait_until(lock, deadline) == std::cv_status::timeout;
    idle_ = false;
    if (is_over) return true;
  }
  return true;
}

std::vector<Append> Appender::take_group() {
  std::vector<Append> group;
  std::size_t bytes = 0;
  while (!items_.empty() && std::holds_alternative<Append>(items_.front()) && bytes < max_group_bytes &&
         group.size() < max_group_rows) {
    group.push_back(std::move(std::get<Append>(items_.front())));
    items_.pop_front();
    bytes += group.back().update.size();
  }
  return group;
}

void Appender::commit(std::vector<Append> group) {
  if (!rejected_.empty()) {
    // What comes after a rejected row of the same document comes after it in the log as well.
    std::erase_if(group, [this](Append& append) {
      const auto found = rejected_.find(*append.document);
      if (found == rejected_.end()) return false;
      found->second.push_back(std::move(append));
      return true;
    });
    if (group.empty()) return;
  }
  switch (commit_until_decided(group)) {
    case Outcome::committed: return;
    case Outcome::stopped: return note_lost(group.size());
    case Outcome::rejected: break;
  }
  if (rejected_.empty()) retry_delay_ = seconds(1);
  next_retry_ = Clock::now() + retry_delay_;
  std::map<std::string, std::vector<Append>> by_document;
  for (Append& append : group) by_document[*append.document].push_back(std::move(append));
  for (auto& [document, rows] : by_document) commit_document(std::move(rows));
  if (rejected_.empty()) forget_rejection();
}

Appender::Outcome Appender::commit_until_decided(std::span<const Append> group) {
  is_uncertain_ = false;
  for (milliseconds delay = first_delay;; delay = std::min(delay * 2, longest_delay)) {
    const Result<void> committed = try_commit(group);
    if (committed) {
      note_committed(group);
      return Outcome::committed;
    }
    if (committed.error().code == Errc::rejected) {
      note_answer();
      if (group.size() == 1) note_rejected(committed.error(), group.front());
      return Outcome::rejected;
    }
    note_failure(committed.error(), group.size());
    if (!wait_for_retry(delay)) return Outcome::stopped;
  }
}

// A connection that is lost during a commit leaves open what became of it.
Result<void> Appender::try_commit(std::span<const Append> group) {
  if (is_uncertain_) {
    const Result<bool> had = tables_.has(group);
    // Whatever the reason is, the question stays open.
    if (!had)
      return Error{had.error().code == Errc::rejected ? Errc::io : had.error().code, had.error().message};
    is_uncertain_ = false;
    if (*had) return {};
  }
  const Clock::time_point began = Clock::now();
  Result<void> committed = tables_.append(group);
  if (committed) note_latency(Clock::now() - began);
  is_uncertain_ = !committed && committed.error().code == Errc::unavailable;
  return committed;
}

// As many of its rows as the database takes; the first that it rejects keeps back those behind it.
void Appender::commit_document(std::vector<Append> rows) {
  auto row = rows.begin();
  Outcome outcome = Outcome::rejected;
  if (rows.size() > 1 && (outcome = commit_until_decided(rows)) == Outcome::committed) return;
  for (; outcome != Outcome::stopped && row != rows.end(); ++row) {
    outcome = commit_until_decided({&*row, 1});
    if (outcome != Outcome::committed) break;
  }
  rows.erase(rows.begin(), row);
  if (rows.empty()) return;
  const std::string document = *rows.front().document;
  rejected_.insert_or_assign(document, std::move(rows));
}

void Appender::retry_rejected() {
  for (auto& [document, rows] : std::exchange(rejected_, {})) commit_document(std::move(rows));
  if (rejected_.empty()) {
    forget_rejection();
    log::info("store.rejections_over");
    for (Flush& flush : std::exchange(waiting_flushes_, {})) flush.done();
    return;
  }
  retry_delay_ = std::min(retry_delay_ * 2, longest_rejection_delay);
  next_retry_ = Clock::now() + retry_delay_;
}

void Appender::finish_flush(Flush flush) {
  if (rejected_.empty()) return flush.done();
  waiting_flushes_.push_back(std::move(flush));
}

void Appender::probe() {
  const Clock::time_point began = Clock::now();
  const Result<void> answered = tables_.probe();
  const Clock::time_point ended = Clock::now();
  next_probe_ = ended + (answered ? probe_interval : seconds(1));
  if (answered) {
    note_latency(ended - began);
    return note_answer();
  }
  note_failure(answered.error(), 0);
}

// False when the appender is to stop instead.
bool Appender::wait_for_retry(milliseconds delay) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, delay, [this] { return stopping_; });
}

void Appender::note_failure(const Error& error, std::size_t rows) {
  bool is_known = false;
  {
    const std::lock_guard lock(mutex_);
    is_known = failure_ == error.message;
    if (failure_.empty()) failing_since_ = Clock::now();
    failure_ = error.message;
    if (rows > 0) ++statistics_.failures;
  }
  if (is_known && rows == 0) return;
  log::error(rows == 0 ? "store.unreachable" : "store.commit_failed",
             {{"reason", error.message}, {"rows", rows}});
}

void Appender::note_rejected(const Error& error, const Append& row) {
  {
    const std::lock_guard lock(mutex_);
    rejection_ = "the database rejects an update of \"" + *row.document + "\": " + error.message;
  }
  log::error("store.update_rejected",
             {{"document", *row.document}, {"bytes", row.update.size()}, {"reason", error.message}});
}

void Appender::forget_rejection() {
  const std::lock_guard lock(mutex_);
  rejection_.clear();
}

void Appender::note_answer() {
  bool recovered = false;
  {
    const std::lock_guard lock(mutex_);
    recovered = !failure_.empty();
    failure_.clear();
  }
  next_probe_ = Clock::now() + probe_interval;
  if (recovered) log::info("store.recovered");
}

void Appender::note_latency(Clock::duration time) {
  const std::lock_guard lock(mutex_);
  latency_ = std::chrono::duration_cast<std::chrono::microseconds>(time);
}

void Appender::note_committed(std::span<const Append> group) {
  note_answer();
  std::size_t bytes = 0;
  for (const Append& append : group) bytes += append.update.size();
  backlog_bytes_ -= bytes;
  backlog_updates_ -= group.size();
  {
    const std::lock_guard lock(mutex_);
    // The wall clock may have been set back meanwhile.
    const auto waited =
        std::max(WallTime::duration(0), std::chrono::system_clock::now() - group.front().time);
    statistics_.waits.observe(waited);
    if (latency_) statistics_.seconds.observe(*latency_);
    statistics_.rows.observe(static_cast<double>(group.size()));
    statistics_.updates += group.size();
    statistics_.bytes += bytes;
  }
  tell_sinks(group);
}

void Appender::note_lost(std::size_t rows) {
  log::error("store.updates_lost", {{"rows", rows}, {"why", "stopping while the database fails"}});
}

}  // namespace canvas::store
