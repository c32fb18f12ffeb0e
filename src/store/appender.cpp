#include "store/appender.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace canvas::store {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Appender::Appender(CommitGroup commit) : commit_(std::move(commit)), thread_([this] { run(); }) {}

Appender::~Appender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Appender::append(Append append) {
  backlog_bytes_ += append.update.size();
  add(std::unique_lock(mutex_), std::move(append));
}

void Appender::post(std::function<void()> task) {
  add(std::unique_lock(mutex_), std::move(task));
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
  return {failure_.empty(), failure_};
}

void Appender::run() {
  steady_clock::time_point last_commit{};
  std::unique_lock lock(mutex_);
  for (;;) {
    while (items_.empty()) {
      if (stopping_) return;
      idle_ = true;
      changed_.wait(lock);
    }
    idle_ = false;
    if (auto* task = std::get_if<std::function<void()>>(&items_.front())) {
      const std::function<void()> run_task = std::move(*task);
      items_.pop_front();
      lock.unlock();
      run_task();
      lock.lock();
      continue;
    }
    changed_.wait_until(lock, last_commit + commit_distance, [this] { return stopping_; });
    last_commit = steady_clock::now();
    const std::vector<Append> group = take_group();
    lock.unlock();
    commit(group);
    lock.lock();
  }
}

std::vector<Append> Appender::take_group() {
  std::vector<Append> group;
  std::size_t bytes = 0;
  while (!items_.empty() && std::holds_alternative<Append>(items_.front()) && bytes < max_group_bytes) {
    group.push_back(std::move(std::get<Append>(items_.front())));
    items_.pop_front();
    bytes += group.back().update.size();
  }
  return group;
}

void Appender::commit(const std::vector<Append>& group) {
  for (milliseconds delay{50};; delay = std::min(delay * 2, milliseconds{5000})) {
    const Result<void> committed = commit_(group);
    if (committed) return note_success(group);
    note_failure(committed.error(), group.size());
    if (!wait_for_retry(delay)) {
      log::error("store.updates_lost",
                 {{"rows", group.size()}, {"why", "stopping while the database fails"}});
      return;
    }
  }
}

// False when the appender is to stop instead.
bool Appender::wait_for_retry(milliseconds delay) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, delay, [this] { return stopping_; });
}

void Appender::note_failure(const Error& error, std::size_t rows) {
  {
    const std::lock_guard lock(mutex_);
    failure_ = error.message;
  }
  log::error("store.commit_failed", {{"reason", error.message}, {"rows", rows}});
}

void Appender::note_success(std::span<const Append> group) {
  bool recovered = false;
  {
    const std::lock_guard lock(mutex_);
    recovered = !failure_.empty();
    failure_.clear();
  }
  for (const Append& append : group) backlog_bytes_ -= append.update.size();
  if (recovered) log::info("store.recovered");
  // One call for each sink; nearly always there is but one.
  std::vector<std::pair<CommitSink*, std::vector<Ticket>>> by_sink;
  for (const Append& append : group) {
    auto at =
        std::find_if(by_sink.begin(), by_sink.end(), [&](const auto& e) { return e.first == append.sink; });
    if (at == by_sink.end()) at = by_sink.insert(at, {append.sink, {}});
    at->second.push_back(append.ticket);
  }
  for (auto& [sink, tickets] : by_sink) sink->on_committed(std::move(tickets));
}

}  // namespace canvas::store
