// A thread that does blocking work, one task after the other.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace canvas::db {

// Tasks run in the order in which they were posted. Destruction finishes those that are posted, then joins
// the thread.
class Worker {
public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread, the worker's own included. The task must not throw.
  void post(std::function<void()> task);

  // How many tasks wait.
  std::size_t backlog() const;

private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace canvas::db
