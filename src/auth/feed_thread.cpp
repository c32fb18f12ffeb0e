#include "auth/feed_thread.h"

#include "log/log.h"

namespace canvas::auth {
namespace {

constexpr std::chrono::seconds retry_delay{1};

}  // namespace

FeedThread::FeedThread(std::unique_ptr<ChangeFeed> feed, std::function<void(std::vector<AccessChange>)> told)
    : feed_(std::move(feed)), told_(std::move(told)), thread_([this] { run(); }) {}

FeedThread::~FeedThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  feed_->interrupt();
  stop_.notify_all();
  thread_.join();
}

void FeedThread::run() {
  bool is_away = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Result<std::vector<AccessChange>> changes = feed_->wait();
    if (changes && !changes->empty()) told_(std::move(*changes));
    lock.lock();
    if (stopping_) return;
    if (!changes && !is_away) log::warning("auth.feed_lost", {{"reason", changes.error().message}});
    if (changes && is_away) log::info("auth.feed_restored");
    is_away = !changes;
    if (is_away) stop_.wait_for(lock, retry_delay, [this] { return stopping_; });
  }
}

}  // namespace canvas::auth
