#include "net/shard.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "net/wire.h"

namespace canvas::net {

Shard::Shard()
    : timer_(context_.get_executor()),
      pulse_timer_(context_.get_executor()),
      now_(std::chrono::steady_clock::now()) {}

Shard::~Shard() {
  const auto residents = std::move(residents_);
  for (const std::shared_ptr<Resident>& resident : residents) resident->break_off();
}

void Shard::run() {
  const auto guard = boost::asio::make_work_guard(context_);
  tick();
  pulse();
  context_.run();
}

void Shard::stop() {
  context_.stop();
}

void Shard::post(std::function<void()> task) {
  boost::asio::post(context_, std::move(task));
}

void Shard::after(std::chrono::milliseconds delay, std::function<void()> task) {
  auto timer = std::make_unique<Timer>(context_.get_executor(), delay);
  Timer& waiting = *timer;
  waiting.async_wait([timer = std::move(timer), task = std::move(task)](boost::system::error_code error) {
    if (!error) task();
  });
}

void Shard::flush_later(std::shared_ptr<Wire> wire) {
  // Posted behind the handlers that are ready now: they all queue before anything is written.
  if (to_flush_.empty()) boost::asio::post(context_, [this] { flush(); });
  to_flush_.push_back(std::move(wire));
}

void Shard::flush() {
  // What flushing makes others queue goes out in the next turn.
  std::swap(to_flush_, flushing_);
  for (const std::shared_ptr<Wire>& wire : flushing_) wire->flush();
  flushing_.clear();
  for (const auto& task : after_flush_) task();
}

void Shard::tick() {
  now_ = std::chrono::steady_clock::now();
  const std::vector<std::shared_ptr<Resident>> due(residents_.begin(), residents_.end());
  for (const std::shared_ptr<Resident>& resident : due) {
    if (residents_.contains(resident)) resident->tick(now_);
  }
  for (const auto& task : every_second_) task(now_);
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) tick();
  });
}

void Shard::pulse() {
  pulse_timer_.expires_after(std::chrono::milliseconds(100));
  pulse_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    lag_.observe(std::chrono::steady_clock::now() - pulse_timer_.expiry());
    pulse();
  });
}

}  // namespace canvas::net
