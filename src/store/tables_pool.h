// Threads that do blocking work, each with a connection of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/tables.h"

namespace canvas::store {

// Tasks begin in the order in which they were posted. Destruction finishes those that are posted, then joins
// the threads.
class TablesPool {
public:
  using Task = std::function<void(Tables&)>;

  // A thread for each.
  explicit TablesPool(std::vector<std::unique_ptr<Tables>> tables);
  ~TablesPool();
  TablesPool(const TablesPool&) = delete;
  TablesPool& operator=(const TablesPool&) = delete;

  // Any thread, the pool's own included. The task must not throw.
  void post(Task task);

  // Whatever waits for the database gives up soon. Any thread.
  void interrupt();

private:
  void run(Tables& tables);

  const std::vector<std::unique_ptr<Tables>> tables_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace canvas::store
