// The thread that waits for the database to tell of changes.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "auth/directory.h"

namespace canvas::auth {

class FeedThread {
public:
  // `told` is called on this thread.
  FeedThread(std::unique_ptr<ChangeFeed> feed, std::function<void(std::vector<AccessChange>)> told);
  ~FeedThread();
  FeedThread(const FeedThread&) = delete;
  FeedThread& operator=(const FeedThread&) = delete;

  // Any thread.
  void interrupt() { feed_->interrupt(); }

private:
  void run();

  const std::unique_ptr<ChangeFeed> feed_;
  const std::function<void(std::vector<AccessChange>)> told_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace canvas::auth
