// The thread on which look-ups wait for the database.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "auth/lookup.h"

namespace canvas::auth {

// What comes while one look-up runs is looked up together in the next. Destruction gives up what waits: its
// callbacks are not called any more.
class LookupThread {
public:
  using Answered = std::function<void(Result<Finding>)>;
  using Reviewed = std::function<void(std::vector<Result<Finding>>)>;

  // Callbacks are called through `post`.
  LookupThread(std::unique_ptr<Lookup> lookup, Gatekeeper::Post post);
  ~LookupThread();
  LookupThread(const LookupThread&) = delete;
  LookupThread& operator=(const LookupThread&) = delete;

  // Any thread.
  void ask(Inquiry inquiry, Answered done);
  // What is urgent comes before all that is not.
  void review(std::vector<Review> reviews, Urgency urgency, Reviewed done);

  // Any thread: what waits for the database gives up soon, now and later.
  void interrupt() { lookup_->interrupt(); }

private:
  struct Asked {
    Inquiry inquiry;
    Answered done;
  };
  struct ToReview {
    std::vector<Review> reviews;
    Reviewed done;
  };

  void run();
  void answer(std::vector<Asked> asked);

  const std::unique_ptr<Lookup> lookup_;
  const Gatekeeper::Post post_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Asked> asked_;
  std::deque<ToReview> urgent_;
  std::deque<ToReview> to_review_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace canvas::auth
