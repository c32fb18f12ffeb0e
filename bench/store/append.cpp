#include "store/append.h"

#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "append/schedule.h"
#include "store/author.h"
#include "store/names.h"

namespace canvas::bench {
namespace {

// A ticket's sequence is when its update was due.
class Acknowledgements : public store::CommitSink {
public:
  explicit Acknowledgements(const Schedule& schedule) : schedule_(schedule) {}

  void on_committed(std::vector<store::Ticket> tickets) override {
    const Nanoseconds time = now();
    const std::lock_guard lock(mutex_);
    outstanding_ -= tickets.size();
    if (schedule_.is_measured(time)) {
      result_.updates += tickets.size();
      ++result_.groups;
      result_.largest_group = std::max(result_.largest_group, std::uint64_t{tickets.size()});
    }
    for (const store::Ticket& ticket : tickets) {
      const auto due = static_cast<Nanoseconds>(ticket.sequence);
      if (schedule_.is_measured(due)) result_.acknowledgement.record(time - due);
    }
    changed_.notify_one();
  }

  void add(std::uint32_t updates, std::size_t bytes, Nanoseconds due) {
    const std::lock_guard lock(mutex_);
    outstanding_ += updates;
    if (schedule_.is_measured(due)) result_.bytes += bytes;
  }
  void wait_until_below(std::uint64_t limit) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outstanding_ < limit; });
  }
  void count_compaction(bool is_done) {
    const std::lock_guard lock(mutex_);
    ++(is_done ? result_.compactions : result_.failed_compactions);
  }
  AppendResult result() const {
    const std::lock_guard lock(mutex_);
    return result_;
  }

private:
  const Schedule& schedule_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t outstanding_ = 0;
  AppendResult result_;
};

struct Room {
  Room(std::string room_name, std::uint32_t seed)
      : name(std::make_shared<std::string>(std::move(room_name))), author(random_client(), seed) {}

  std::shared_ptr<const std::string> name;
  Author author;
  std::uint32_t uncompacted = 0;
  std::atomic<bool> is_compacting = false;  // one at a time, as in a server
};

class Appending {
public:
  Appending(store::Store& store, const AppendPlan& plan, const Schedule& schedule)
      : store_(store), plan_(plan), schedule_(schedule), acknowledgements_(schedule) {
    const std::string name = unused_name();
    for (std::uint32_t i = 0; i < plan.rooms; ++i) {
      rooms_.emplace_back(name + "-" + std::to_string(i), i + 1);
    }
  }

  Result<AppendResult> run() {
    std::optional<Reading> begin;
    std::uint64_t event = 0;
    for (Nanoseconds time = now(); time < schedule_.end_of_measurement(); time = now()) {
      if (!begin && time >= schedule_.begin_of_measurement()) {
        begin = read();
        if (!begin) return Error{Errc::not_found, "there is no process of the database"};
      }
      event = plan_.updates_per_second > 0 ? append_due(event, time) : append_some(event);
    }
    const std::optional<Reading> end = read();
    flush();
    AppendResult result = acknowledgements_.result();
    if (!begin || !end) return Error{Errc::io, "the window was missed"};
    result.seconds = static_cast<double>(end->time - begin->time) / 1e9;
    result.own_cpu_seconds = end->own_cpu_seconds - begin->own_cpu_seconds;
    result.database_cpu_seconds = end->database.since(begin->database).cpu_seconds();
    return result;
  }

private:
  static constexpr std::uint32_t batch = 64;

  struct Reading {
    Nanoseconds time;
    double own_cpu_seconds;
    ProcessUsage database;
  };

  std::optional<Reading> read() const {
    Reading reading{now(), own_cpu_seconds(), {}};
    if (plan_.database == 0) return reading;
    const Result<ProcessUsage> usage = usage_of(plan_.database);
    if (!usage) return std::nullopt;
    reading.database = *usage;
    return reading;
  }

  std::uint64_t append_due(std::uint64_t event, Nanoseconds time) {
    for (; event < schedule_.events() && schedule_.due(event) <= time; ++event) {
      const Nanoseconds due = schedule_.due(event);
      acknowledgements_.add(1, append(event, due), due);
    }
    const Nanoseconds next =
        event < schedule_.events() ? schedule_.due(event) : schedule_.end_of_measurement();
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::max<Nanoseconds>(next - now(), 0)));
    return event;
  }

  std::uint64_t append_some(std::uint64_t event) {
    acknowledgements_.wait_until_below(plan_.outstanding_updates -
                                       std::min(batch, plan_.outstanding_updates - 1));
    const Nanoseconds time = now();
    std::size_t bytes = 0;
    acknowledgements_.add(batch, 0, time);
    for (std::uint32_t i = 0; i < batch; ++i, ++event) bytes += append(event, time);
    acknowledgements_.add(0, bytes, time);
    return event;
  }

  std::size_t append(std::uint64_t event, Nanoseconds due) {
    const std::uint64_t number = event % rooms_.size();
    Room& room = rooms_[number];
    const auto update = std::make_shared<const Bytes>(room.author.next());
    store_.append({room.name,
                   update,
                   *update,
                   {},
                   &acknowledgements_,
                   store::Ticket{number, static_cast<std::uint64_t>(due)}});
    if (++room.uncompacted >= plan_.compact_rows && plan_.compact_rows > 0) compact(room);
    return update->size();
  }

  void compact(Room& room) {
    if (room.is_compacting.exchange(true)) return;
    room.uncompacted = 0;
    store_.compact(*room.name, [this, &room](const Result<store::Compacted>& compacted) {
      acknowledgements_.count_compaction(compacted.has_value());
      room.is_compacting = false;
    });
  }

  void flush() {
    std::promise<void> done;
    store_.flush([&done] { done.set_value(); });
    done.get_future().wait();
    acknowledgements_.wait_until_below(1);
    for (const Room& room : rooms_) {
      while (room.is_compacting) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  store::Store& store_;
  const AppendPlan& plan_;
  const Schedule& schedule_;
  Acknowledgements acknowledgements_;
  std::deque<Room> rooms_;
};

}  // namespace

Result<AppendResult> measure_append(store::Store& store, const AppendPlan& plan) {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // else the kernel wakes it up to 50 us late
  Scenario scenario;
  if (plan.updates_per_second > 0) scenario.updates_per_second = plan.updates_per_second;
  scenario.warm_up_seconds = plan.warm_up_seconds;
  scenario.seconds = plan.seconds;
  const Schedule schedule(scenario, now());
  return Appending(store, plan, schedule).run();
}

}  // namespace canvas::bench
