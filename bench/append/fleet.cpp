#include "append/fleet.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace canvas::bench {
namespace {

constexpr std::uint32_t opening_at_once = 32;
constexpr Nanoseconds settle_limit = 60 * second;
constexpr int events_per_turn = 256;

}  // namespace

Result<Fleet> Fleet::create(Run& run) {
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) return Error{Errc::io, std::string("epoll_create1: ") + std::strerror(errno)};
  return Fleet(run, poller);
}

Fleet::Fleet(Fleet&& other) noexcept
    : run_(other.run_),
      poller_(std::exchange(other.poller_, -1)),
      buffer_(std::move(other.buffer_)),
      members_(std::move(other.members_)),
      to_flush_(std::move(other.to_flush_)) {}

Fleet::~Fleet() {
  if (poller_ >= 0) close(poller_);
}

Result<void> Fleet::open(std::uint32_t count, Behaviour behaviour) {
  const auto first = static_cast<std::uint32_t>(members_.size());
  const Nanoseconds limit = now() + settle_limit;
  for (std::uint32_t settled = 0; settled < count; settled = settled_from(first)) {
    while (members_.size() - first < std::min(count, settled + opening_at_once)) {
      if (Result<void> opened = open_one(behaviour); !opened) return opened;
    }
    poll(now() + second / 10);
    if (run_->tally.closed_connections > 0) return Error{Errc::unavailable, "a client could not join"};
    if (now() > limit) return Error{Errc::unavailable, "the clients are not all settled after a minute"};
  }
  return {};
}

bool Fleet::send_update(std::uint32_t client, Nanoseconds due) {
  if (members_[client] == nullptr) return false;
  members_[client]->client.send_update(due);
  flush_later(client);
  return true;
}

void Fleet::flush() {
  for (const std::uint32_t number : to_flush_) {
    if (members_[number] == nullptr) continue;
    members_[number]->is_queued_for_flush = false;
    flush_now(number);
  }
  to_flush_.clear();
}

void Fleet::poll(Nanoseconds until) {
  const Nanoseconds wait = std::max<Nanoseconds>(until - now(), 0);
  const timespec timeout{wait / second, wait % second};
  std::array<epoll_event, events_per_turn> events;
  const int count = epoll_pwait2(poller_, events.data(), events_per_turn, &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const std::uint32_t number = event.data.u32;
    if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) {
      if (const Result<void> read = members_[number]->client.on_readable(buffer_); !read) {
        lose(number, read.error());
        continue;
      }
    }
    flush_later(number);
  }
  flush();
}

bool Fleet::awaits_acknowledgements() const {
  return std::any_of(members_.begin(), members_.end(), [](const auto& member) {
    return member != nullptr && member->client.awaits_acknowledgements();
  });
}

Result<void> Fleet::open_one(Behaviour behaviour) {
  const auto number = static_cast<std::uint32_t>(members_.size());
  Result<Client> client = Client::open(*run_, number, behaviour);
  if (!client) return client.error();
  members_.push_back(std::make_unique<Member>(Member{std::move(*client)}));
  watch(number, EPOLL_CTL_ADD);
  flush_later(number);
  return {};
}

std::uint32_t Fleet::settled_from(std::uint32_t first) const {
  return static_cast<std::uint32_t>(
      std::count_if(members_.begin() + first, members_.end(),
                    [](const auto& member) { return member != nullptr && member->client.is_settled(); }));
}

void Fleet::flush_later(std::uint32_t number) {
  Member& member = *members_[number];
  if (member.is_queued_for_flush) return;
  member.is_queued_for_flush = true;
  to_flush_.push_back(number);
}

void Fleet::flush_now(std::uint32_t number) {
  Member& member = *members_[number];
  const Result<FlushResult> flushed = member.client.flush();
  if (!flushed) return lose(number, flushed.error());
  const bool is_blocked = *flushed == FlushResult::blocked;
  if (is_blocked == member.is_blocked) return;
  member.is_blocked = is_blocked;
  watch(number, EPOLL_CTL_MOD);
}

void Fleet::watch(std::uint32_t number, int operation) {
  const Member& member = *members_[number];
  epoll_event event{.events = EPOLLIN | (member.is_blocked ? std::uint32_t{EPOLLOUT} : 0u),
                    .data = {.u32 = number}};
  epoll_ctl(poller_, operation, member.client.socket(), &event);
}

void Fleet::lose(std::uint32_t number, const Error& error) {
  if (++run_->tally.closed_connections == 1) {
    std::fprintf(stderr, "bench_load: client %u: %s\n", number, error.message.c_str());
  }
  members_[number] = nullptr;  // closing the socket takes it out of the epoll
}

}  // namespace canvas::bench
