// What a room sees of a client.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/frame.h"

namespace canvas::room {

class Room;
class Seat;

// The clock of rooms: handed in, so that tests need not wait.
using Time = std::chrono::steady_clock::time_point;

// A client's part in one document. The room calls it on the shard's thread and never after the member has
// left. None of these calls may leave the room or join another at once: what they cause happens in a later
// turn of the loop.
class Member {
public:
  virtual ~Member() = default;

  // Constant while it is in a room.
  virtual const protocol::Address& address() const = 0;
  // Empty for guests.
  virtual const std::string& user_id() const = 0;
  virtual protocol::Scope scope() const = 0;

  // Queues a frame; it is never refused here. The room asks backlog_bytes() first where it has a choice.
  virtual void send(protocol::Frame frame) = 0;
  // What is queued and not yet taken by the socket.
  virtual std::size_t backlog_bytes() const = 0;
  // It cannot follow, or has broken a rule: the connection is to be closed with a code that makes the client
  // try again (1013).
  virtual void give_up(const Error& why) = 0;

  // An update of the member's was not taken because of a limit, whose option is named so.
  virtual void limit_hit(std::string_view limit, const Error& why) = 0;

  // The answers to Registry::join. `seat` is its place until it leaves.
  virtual void joined(std::shared_ptr<Seat> seat) = 0;
  virtual void refused(const Error& why) = 0;
};

}  // namespace canvas::room
