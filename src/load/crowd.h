// All people of a run, and the loop that drives them.
#pragma once

#include <memory>
#include <queue>
#include <vector>

#include "base/result.h"
#include "load/person.h"

namespace canvas::load {

// What a room must hold: the updates of an author up to a clock, and what these have deleted.
struct Promise {
  crdt::ClientId author;
  crdt::Clock clock;
  crdt::DeleteSet deletions;
};
struct Room {
  std::string name;
  protocol::Dialect dialect;
  std::vector<Promise> promises;
};

// One thread, one epoll. Who loses the connection comes back: after 0.2 s, then ever later, up to 5 s.
class Crowd {
public:
  static Result<Crowd> create(World& world);

  Crowd(Crowd&& other) noexcept;
  Crowd& operator=(Crowd&&) = delete;
  ~Crowd();

  // Lets a person in that is there already, as number `number`, and has come to stay.
  void bring(std::uint32_t number, Nanoseconds due);
  // Adds a visitor, who writes one character into the newest room, waits until it is saved, and goes.
  void bring_visitor(Nanoseconds due);
  // Its connection is lost without a goodbye; it comes back.
  void drop(std::uint32_t number);
  // All leave and come again at once.
  void storm(Nanoseconds due);

  void edit(std::uint32_t number, Edit edit, Nanoseconds due);
  void point(std::uint32_t number, Nanoseconds due);
  // Writes what the people have queued.
  void flush();
  // Waits until something comes or it is `until`, and handles what came.
  void poll(Nanoseconds until);

  // Of those that stay.
  std::uint32_t joined() const;
  std::uint32_t visitors() const { return visitors_; }
  const std::vector<Room>& rooms() const { return rooms_; }
  // The first reason for which the server let somebody not in who has shown credentials, or none.
  const std::optional<Error>& refusal() const { return refusal_; }

private:
  struct Slot {  // beside each person

    bool is_blocked = false;  // epoll tells when it can be written to
    bool is_queued_for_flush = false;
    bool is_visitor = false;
    bool has_been_in = false;
    bool waits_to_return = false;
    std::uint32_t attempts = 0;  // since it was last in
    Nanoseconds leaves_at = 0;   // of a visitor without acknowledgements
  };
  struct Return {
    Nanoseconds time;
    std::uint32_t number;
    friend bool operator>(const Return& a, const Return& b) { return a.time > b.time; }
  };

  Crowd(World& world, int poller) : world_(&world), poller_(poller), buffer_(read_buffer_bytes) {}

  Person* person(std::uint32_t number) { return world_->people[number].get(); }
  Slot& slot(std::uint32_t number);
  void handle(std::uint32_t number);
  void after_input(std::uint32_t number);
  void advance_visit(std::uint32_t number);
  void end_visit(std::uint32_t number);
  void return_who_is_due(Nanoseconds time);
  void give_up_who_got_no_answer(Nanoseconds time);
  void come_back_later(std::uint32_t number, Nanoseconds delay);
  void flush_later(std::uint32_t number);
  void flush_now(std::uint32_t number);
  void watch(std::uint32_t number, int operation);
  void lose(std::uint32_t number, const Error& error);

  World* world_;
  int poller_;
  ReadBuffer buffer_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> to_flush_;
  std::priority_queue<Return, std::vector<Return>, std::greater<>> returns_;
  std::vector<Room> rooms_;
  std::uint32_t visitors_ = 0;
  std::uint32_t visitors_brought_ = 0;
  Nanoseconds looked_for_silent_at_ = 0;
  std::optional<Error> refusal_;
};

}  // namespace canvas::load
