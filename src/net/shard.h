// A thread of the server: its event loop and the connections that live on it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/histogram.h"

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

// What has come and gone since the shard was made.
struct Traffic {
  std::uint64_t received_messages = 0;
  std::uint64_t received_bytes = 0;  // in those messages, without their frames' heads
  std::uint64_t sent_bytes = 0;      // that sockets have taken, of all kinds
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

  // Calls `task` whenever what a turn has queued was handed to the system, but for what sockets do not take.
  void after_flush(std::function<void()> task) { after_flush_.push_back(std::move(task)); }

  // Counted by those who read and write.
  Traffic& traffic() { return traffic_; }
  const Traffic& traffic() const { return traffic_; }
  // How late a timer comes that is due ten times a second: how long the loop is busy with other things.
  const Histogram& lag() const { return lag_; }

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
  void pulse();

  boost::asio::io_context context_{1};
  Timer timer_;
  Timer pulse_timer_;
  Time now_;
  Traffic traffic_;
  Histogram lag_{latency_bounds};
  std::vector<std::shared_ptr<Wire>> to_flush_;
  std::vector<std::shared_ptr<Wire>> flushing_;
  std::vector<std::function<void(Time)>> every_second_;
  std::vector<std::function<void()>> after_flush_;
  std::unordered_set<std::shared_ptr<Resident>> residents_;
};

}  // namespace canvas::net
