// The control of the kill test: canvas-ws with a store that says "committed" first and commits later. The
// test must find what it loses.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "main/command_line.h"

namespace canvas {
namespace {

class Nobody final : public store::CommitSink {
public:
  void on_committed(std::vector<store::Ticket>) override {}
};

class EarlyAckStore final : public store::Store {
public:
  explicit EarlyAckStore(std::unique_ptr<store::Store> store)
      : store_(std::move(store)), thread_([this] { run(); }) {}

  ~EarlyAckStore() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void load(std::string document, std::function<void(Result<store::StoredDocument>)> done) override {
    store_->load(std::move(document), std::move(done));
  }

  void append(store::Append append) override {
    append.sink->on_committed({append.ticket});
    append.sink = &nobody_;
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(append));
  }

  void compact(std::string document, std::function<void(Result<store::Compacted>)> done) override {
    store_->compact(std::move(document), std::move(done));
  }

  void flush(std::function<void()> done) override {
    forward();
    store_->flush(std::move(done));
  }

  void tidy() override { store_->tidy(); }

  store::Health health() const override { return store_->health(); }
  store::Statistics statistics() const override { return store_->statistics(); }
  std::size_t backlog_bytes() const override { return store_->backlog_bytes(); }

private:
  void run() {
    constexpr std::chrono::milliseconds delay{250};
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, delay, [this] { return stopping_; })) {
      lock.unlock();
      forward();
      lock.lock();
    }
  }

  void forward() {
    std::vector<store::Append> appends;
    {
      const std::lock_guard lock(mutex_);
      appends.swap(waiting_);
    }
    for (store::Append& append : appends) store_->append(std::move(append));
  }

  Nobody nobody_;
  const std::unique_ptr<store::Store> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<store::Append> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<store::Store>> open_early_ack_store(const db::Database& database,
                                                           const store::StoreOptions& options) {
  Result<std::unique_ptr<store::Store>> store = open_store(database, options);
  if (!store) return store;
  return std::unique_ptr<store::Store>(std::make_unique<EarlyAckStore>(std::move(*store)));
}

}  // namespace
}  // namespace canvas

int main(int argc, char** argv) {
  return canvas::run_command_line(argc, argv, canvas::open_early_ack_store);
}
