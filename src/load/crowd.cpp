#include "load/crowd.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace canvas::load {
namespace {

constexpr Nanoseconds first_return = second / 5;
constexpr Nanoseconds latest_return = 5 * second;
constexpr Nanoseconds longest_silence = 20 * second;  // of a server that is connected to
constexpr Nanoseconds stay_of_visitor = second / 4;   // after its update, where nobody acknowledges it

}  // namespace

Result<Crowd> Crowd::create(World& world) {
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) return Error{Errc::io, std::string("epoll_create1: ") + std::strerror(errno)};
  return Crowd(world, poller);
}

Crowd::Crowd(Crowd&& other) noexcept
    : world_(other.world_),
      poller_(std::exchange(other.poller_, -1)),
      buffer_(std::move(other.buffer_)),
      slots_(std::move(other.slots_)),
      to_flush_(std::move(other.to_flush_)),
      returns_(std::move(other.returns_)),
      rooms_(std::move(other.rooms_)),
      visitors_(other.visitors_),
      visitors_brought_(other.visitors_brought_) {}

Crowd::~Crowd() {
  if (poller_ >= 0) close(poller_);
}

Crowd::Slot& Crowd::slot(std::uint32_t number) {
  if (slots_.size() <= number) slots_.resize(number + std::size_t{1});
  return slots_[number];
}

void Crowd::bring(std::uint32_t number, Nanoseconds due) {
  Slot& state = slot(number);
  state.waits_to_return = false;
  Person& who = *person(number);
  if (who.is_connected()) return;
  if (const Result<void> connected = who.connect(due); !connected) return lose(number, connected.error());
  state.is_blocked = true;
  watch(number, EPOLL_CTL_ADD);
  flush_later(number);
}

void Crowd::bring_visitor(Nanoseconds due) {
  const Plan& plan = world_->plan;
  const std::uint32_t places = plan.clients_per_document;
  const std::uint32_t place = visitors_brought_ % places;
  const std::uint32_t room = visitors_brought_++ / places;
  const auto number = static_cast<std::uint32_t>(world_->people.size());
  const std::string name = plan.name + "-visit-" + std::to_string(room);
  const auto dialect = plan.dialect_of(number % 2 == 0 ? 0 : plan.documents);
  if (place == 0) rooms_.push_back({name, dialect, {}});
  world_->people.push_back(std::make_unique<Person>(*world_, Seat{number, name, place, places, 1, dialect}));
  slot(number).is_visitor = true;
  ++visitors_;
  ++world_->tally.visits;
  bring(number, due);
}

void Crowd::drop(std::uint32_t number) {
  if (!person(number)->is_connected()) return;
  ++world_->tally.dropped;
  person(number)->hang_up();
  come_back_later(number, first_return);
}

void Crowd::storm(Nanoseconds due) {
  for (std::uint32_t number = 0; number < world_->plan.clients(); ++number) {
    if (person(number)->is_connected()) person(number)->hang_up();
    bring(number, due);
  }
}

void Crowd::edit(std::uint32_t number, Edit edit, Nanoseconds due) {
  person(number)->edit(edit, due);
  if (person(number)->is_connected()) flush_later(number);
}

void Crowd::point(std::uint32_t number, Nanoseconds due) {
  person(number)->point(due);
  if (person(number)->is_connected()) flush_later(number);
}

void Crowd::flush() {
  for (std::size_t i = 0; i < to_flush_.size(); ++i) {
    const std::uint32_t number = to_flush_[i];
    slots_[number].is_queued_for_flush = false;
    if (person(number) != nullptr && person(number)->is_connected()) flush_now(number);
  }
  to_flush_.clear();
}

void Crowd::poll(Nanoseconds until) {
  const Nanoseconds time = now();
  return_who_is_due(time);
  give_up_who_got_no_answer(time);
  flush();
  std::array<epoll_event, 256> events{};
  const Nanoseconds left = std::max<Nanoseconds>(until - now(), 0);
  const timespec timeout{left / second, left % second};
  const int count = epoll_pwait2(poller_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    handle(event.data.u32);
  }
  flush();
}

void Crowd::handle(std::uint32_t number) {
  Person* const who = person(number);
  if (who == nullptr || !who->is_connected()) return;
  if (const Result<void> read = who->on_readable(buffer_); !read) return lose(number, read.error());
  after_input(number);
}

void Crowd::after_input(std::uint32_t number) {
  Slot& state = slots_[number];
  const Person& who = *person(number);
  if (who.has_joined()) {
    if (state.has_been_in && state.attempts > 0) ++world_->tally.reconnected;
    state.attempts = 0;
    if (state.is_visitor) advance_visit(number);
    state.has_been_in = true;
  }
  flush_later(number);
}

// The first time in it writes; then it waits.
void Crowd::advance_visit(std::uint32_t number) {
  Person& who = *person(number);
  Slot& state = slots_[number];
  if (who.sent().end() == 0) {
    who.edit(Edit::type, now());
    if (who.seat().dialect == protocol::Dialect::y_websocket) {
      state.leaves_at = now() + stay_of_visitor;
      returns_.push({state.leaves_at, number});
    }
    return;
  }
  const bool is_over = state.leaves_at != 0 ? now() >= state.leaves_at : !who.awaits_acknowledgements();
  if (is_over) end_visit(number);
}

void Crowd::end_visit(std::uint32_t number) {
  Person& who = *person(number);
  const std::uint32_t room = (number - world_->plan.clients()) / world_->plan.clients_per_document;
  rooms_[room].promises.push_back({who.id(), who.promised(), who.promised_deletions()});
  who.say_goodbye();
  static_cast<void>(who.flush());  // gone or not: it has left
  world_->people[number].reset();
  --visitors_;
  ++world_->tally.visits_done;
}

void Crowd::return_who_is_due(Nanoseconds time) {
  while (!returns_.empty() && returns_.top().time <= time) {
    const std::uint32_t number = returns_.top().number;
    returns_.pop();
    if (person(number) == nullptr) continue;
    if (slots_[number].waits_to_return) {
      bring(number, time);
    } else if (slots_[number].is_visitor && person(number)->has_joined()) {
      advance_visit(number);
    }
  }
}

void Crowd::give_up_who_got_no_answer(Nanoseconds time) {
  if (time - looked_for_silent_at_ < second) return;
  looked_for_silent_at_ = time;
  for (std::uint32_t number = 0; number < world_->people.size(); ++number) {
    const Person* const who = person(number);
    if (who == nullptr || !who->is_connected() || who->has_joined()) continue;
    if (time - who->connecting_since() > longest_silence) {
      lose(number, {Errc::unavailable, "the server has not sent the document within 20 seconds"});
    }
  }
}

void Crowd::come_back_later(std::uint32_t number, Nanoseconds delay) {
  Slot& state = slots_[number];
  ++state.attempts;
  state.is_blocked = false;
  state.waits_to_return = true;
  // So that not all come at once.
  const auto jitter =
      static_cast<Nanoseconds>(mix(number, state.attempts) % static_cast<std::uint64_t>(delay));
  returns_.push({now() + delay / 2 + jitter / 2, number});
}

std::uint32_t Crowd::joined() const {
  const auto end = world_->people.begin() + world_->plan.clients();
  return static_cast<std::uint32_t>(
      std::count_if(world_->people.begin(), end, [](const auto& who) { return who->has_joined(); }));
}

void Crowd::flush_later(std::uint32_t number) {
  Slot& state = slots_[number];
  if (state.is_queued_for_flush || person(number) == nullptr) return;
  state.is_queued_for_flush = true;
  to_flush_.push_back(number);
}

void Crowd::flush_now(std::uint32_t number) {
  Slot& state = slots_[number];
  const Result<FlushResult> flushed = person(number)->flush();
  if (!flushed) return lose(number, flushed.error());
  const bool is_blocked = *flushed == FlushResult::blocked;
  if (is_blocked == state.is_blocked) return;
  state.is_blocked = is_blocked;
  watch(number, EPOLL_CTL_MOD);
}

void Crowd::watch(std::uint32_t number, int operation) {
  epoll_event event{.events = EPOLLIN | (slots_[number].is_blocked ? std::uint32_t{EPOLLOUT} : 0u),
                    .data = {.u32 = number}};
  epoll_ctl(poller_, operation, person(number)->socket(), &event);
}

void Crowd::lose(std::uint32_t number, const Error& error) {
  Tally& tally = world_->tally;
  tally.last_failure = error.message;
  const bool is_refusal = error.code == Errc::unauthenticated || error.code == Errc::forbidden;
  if (is_refusal && !refusal_) refusal_ = error;
  if (is_refusal || error.code == Errc::unavailable) {
    ++tally.refused;
  } else if (person(number)->has_joined()) {
    ++tally.closed;
  } else {
    ++tally.failed_connects;
  }
  person(number)->hang_up();  // closing the socket takes it out of the epoll
  const std::uint32_t doublings = std::min(slots_[number].attempts, 5u);
  come_back_later(number, std::min(first_return << doublings, latest_return));
}

}  // namespace canvas::load
