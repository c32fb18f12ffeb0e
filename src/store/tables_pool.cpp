#include "store/tables_pool.h"

namespace canvas::store {

TablesPool::TablesPool(std::vector<std::unique_ptr<Tables>> tables) : tables_(std::move(tables)) {
  for (const auto& each : tables_) threads_.emplace_back([this, &each] { run(*each); });
}

TablesPool::~TablesPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void TablesPool::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  posted_.notify_one();
}

void TablesPool::interrupt() {
  for (const auto& each : tables_) each->interrupt();
}

void TablesPool::run(Tables& tables) {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      posted_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task(tables);
  }
}

}  // namespace canvas::store
