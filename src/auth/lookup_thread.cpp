#include "auth/lookup_thread.h"

#include <iterator>

namespace canvas::auth {
namespace {

// So that the first of very many does not wait for the last.
constexpr std::size_t max_batch = 512;

}  // namespace

LookupThread::LookupThread(std::unique_ptr<Lookup> lookup, Gatekeeper::Post post)
    : lookup_(std::move(lookup)), post_(std::move(post)), thread_([this] { run(); }) {}

LookupThread::~LookupThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  interrupt();
  posted_.notify_all();
  thread_.join();
}

void LookupThread::ask(Inquiry inquiry, Answered done) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back({std::move(inquiry), std::move(done)});
  }
  posted_.notify_one();
}

void LookupThread::review(std::vector<Review> reviews, Urgency urgency, Reviewed done) {
  {
    const std::lock_guard lock(mutex_);
    std::deque<ToReview>& line = urgency == Urgency::now ? urgent_ : to_review_;
    line.push_back({std::move(reviews), std::move(done)});
  }
  posted_.notify_one();
}

void LookupThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    posted_.wait(lock,
                 [this] { return stopping_ || !asked_.empty() || !urgent_.empty() || !to_review_.empty(); });
    if (stopping_) return;
    if (!asked_.empty()) {
      const auto end = asked_.begin() + static_cast<std::ptrdiff_t>(std::min(asked_.size(), max_batch));
      std::vector<Asked> batch(std::make_move_iterator(asked_.begin()), std::make_move_iterator(end));
      asked_.erase(asked_.begin(), end);
      lock.unlock();
      answer(std::move(batch));
      lock.lock();
    }
    std::deque<ToReview>& line = urgent_.empty() ? to_review_ : urgent_;
    if (!line.empty()) {
      ToReview next = std::move(line.front());
      line.pop_front();
      lock.unlock();
      auto findings = std::make_shared<std::vector<Result<Finding>>>(lookup_->review(next.reviews));
      post_([done = std::move(next.done), findings] { done(std::move(*findings)); });
      lock.lock();
    }
  }
}

void LookupThread::answer(std::vector<Asked> asked) {
  std::vector<Inquiry> inquiries;
  inquiries.reserve(asked.size());
  for (Asked& each : asked) inquiries.push_back(std::move(each.inquiry));
  auto findings = std::make_shared<std::vector<Result<Finding>>>(lookup_->answer(inquiries));
  auto waiting = std::make_shared<std::vector<Asked>>(std::move(asked));
  // Nothing of them stays here: they hold what belongs to the shard's thread, and may be the last to do so.
  post_([waiting = std::move(waiting), findings = std::move(findings)] {
    for (std::size_t i = 0; i < waiting->size(); ++i) (*waiting)[i].done(std::move((*findings)[i]));
  });
}

}  // namespace canvas::auth
