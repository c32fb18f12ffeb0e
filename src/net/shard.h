// A thread of the server: its event loop and the connections that live on it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

namespace canvas::net {

using Time = std::chrono::steady_clock::time_point;

class Wire;

// What lives on a shard and has deadlines.
class Resident {
public:
  virtual ~Resident() = default;
  // About once a second.
  virtual void tick(Time now) = 0;
  // The shard goes: sockets are to be closed, so that nothing waits for them any more.
  virtual void break_off() = 0;
};

// An event loop for one thread. What lives on a shard is touched on its thread only; another thread talks to
// it by post(). run() is called by the thread that is to be the shard's.
//
// Output leaves at the end of a turn: whatever the handlers of one turn queue for a socket goes out with one
// system call (Wire).
class Shard {
public:
  using Executor = boost::asio::io_context::executor_type;

  Shard();
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Runs handlers until stop().
  void run();

  // Any thread.
  void stop();
  void post(std::function<void()> task);

  // From here on only on the shard's thread.
  Executor executor() { return context_.get_executor(); }
  boost::asio::io_context& context() { return context_; }

  // As of the last tick: good enough for deadlines of seconds, and free.
  Time now() const { return now_; }

  // The wire's queue is written out at the end of this turn.
  void flush_later(std::shared_ptr<Wire> wire);

  // Calls `task` about once a second, as long as the shard runs.
  void every_second(std::function<void(Time)> task) { every_second_.push_back(std::move(task)); }

  // Calls `task` once, so long from now.
  void after(std::chrono::milliseconds delay, std::function<void()> task);

  // The shard shares `resident` and calls it until it is removed, which it may do itself.
  void add(std::shared_ptr<Resident> resident) { residents_.insert(std::move(resident)); }
  void remove(const std::shared_ptr<Resident>& resident) { residents_.erase(resident); }

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void flush();
  void tick();

  boost::asio::io_context context_{1};
  Timer timer_;
  Time now_;
  std::vector<std::shared_ptr<Wire>> to_flush_;
  std::vector<std::shared_ptr<Wire>> flushing_;
  std::vector<std::function<void(Time)>> every_second_;
  std::unordered_set<std::shared_ptr<Resident>> residents_;
};

}  // namespace canvas::net
