// All clients of a run, and the loop that drives them.
#pragma once

#include <memory>
#include <vector>

#include "append/client.h"
#include "base/result.h"

namespace canvas::bench {

// One thread, one epoll. Clients count up from 0 in the order in which they were opened.
class Fleet {
public:
  static Result<Fleet> create(Run& run);

  Fleet(Fleet&& other) noexcept;
  Fleet& operator=(Fleet&&) = delete;
  ~Fleet();

  // Opens `count` more, a few at a time, and waits until they are settled. Fails when one of them is refused
  // or takes longer than a minute.
  Result<void> open(std::uint32_t count, Behaviour behaviour);

  // Has a client send its next update. False when its connection is lost.
  bool send_update(std::uint32_t client, Nanoseconds due);
  // Writes what the clients have queued.
  void flush();
  // Waits until something comes or it is `until`, and handles what came, with its answers. A connection that
  // fails is counted in the tally, and its reason is told on stderr.
  void poll(Nanoseconds until);

  bool awaits_acknowledgements() const;

private:
  struct Member {
    Client client;
    bool is_blocked = false;  // epoll tells when it can be written to
    bool is_queued_for_flush = false;
  };

  Fleet(Run& run, int poller) : run_(&run), poller_(poller), buffer_(read_buffer_bytes) {}

  Result<void> open_one(Behaviour behaviour);
  std::uint32_t settled_from(std::uint32_t first) const;
  void flush_later(std::uint32_t number);
  void flush_now(std::uint32_t number);
  void watch(std::uint32_t number, int operation);
  void lose(std::uint32_t number, const Error& error);

  Run* run_;
  int poller_;
  ReadBuffer buffer_;
  std::vector<std::unique_ptr<Member>> members_;  // null where a connection is lost
  std::vector<std::uint32_t> to_flush_;
};

}  // namespace canvas::bench
