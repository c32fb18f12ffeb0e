// One document of one client, from its first message to its last.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "auth/gatekeeper.h"
#include "protocol/message.h"
#include "room/member.h"
#include "room/seat.h"
#include "server/audit.h"
#include "server/awareness_hold.h"

namespace canvas::server {

class Client;

// Admission, then joining, then membership. Messages that come before the room is there wait in order. Owned
// by its client; on the shard's thread.
class DocumentSession final : public room::Member, public std::enable_shared_from_this<DocumentSession> {
public:
  // `client` owns this and tells it when it goes (end).
  DocumentSession(Client& client, protocol::Address address, std::string name);

  // Takes a message that is addressed to this document; `frame` is the whole of it. Fails when the client has
  // broken the protocol or a limit.
  Result<void> receive(const protocol::Message& message, BytesView frame);

  // There can be no such document: says so once, and takes nothing more.
  void refuse(std::string_view reason);

  // The client has closed the document, or has gone.
  void end();

  // It reads too slowly to be sent all of it.
  bool is_behind() const { return seat_ && seat_->is_behind(); }
  bool is_open() const { return state_ == State::joined; }
  // The gatekeeper has not answered.
  bool is_undecided() const { return state_ == State::silent || state_ == State::asking; }
  // It is open, or about to be.
  bool is_alive() const {
    return state_ == State::asking || state_ == State::joining || state_ == State::joined;
  }
  // Passes on what was held back of its presence.
  void release_awareness();
  // Its place in the line of those that hold presence back: false when it has one.
  bool enter_line() { return !std::exchange(is_in_line_, true); }
  void leave_line();

  // The socket has taken everything.
  void drained();

  // room::Member
  const protocol::Address& address() const override { return address_; }
  const std::string& user_id() const override { return permit_->identity().user_id; }
  protocol::Scope scope() const override;
  void send(protocol::Frame frame) override;
  std::size_t backlog_bytes() const override;
  void give_up(const Error& why) override;
  void limit_hit(std::string_view limit, const Error& why) override;
  void joined(std::shared_ptr<room::Seat> seat) override;
  void refused(const Error& why) override;

private:
  enum class State {
    silent,   // nothing yet that says who it is
    asking,   // the gatekeeper is asked
    joining,  // the room is loaded
    joined,
    denied,  // the gatekeeper said no, or has changed its mind; a new token may be tried
    ended,
  };

  Result<void> keep(BytesView frame);
  void ask(std::string_view token);
  void answered(auth::Admission permit);
  void deny(const Error& why);
  void enter(std::shared_ptr<auth::Permit> permit);
  void ask_again(std::string_view token);
  void answered_again(auth::Admission permit);
  void hold(std::shared_ptr<auth::Permit> permit);
  void access_changed();
  void revoke(const Error& why);
  void leave_room();
  Result<void> pass_on(const protocol::Message& message);
  Result<void> pass_on_awareness(BytesView update);
  void forget_pending();
  Whom whom() const;

  Client* client_;
  const protocol::Address address_;
  const std::string name_;
  State state_ = State::silent;
  std::shared_ptr<auth::Permit> permit_;   // while it is joining or joined
  bool is_asking_again_ = false;           // the gatekeeper, with another token, while it is joined
  std::optional<std::string> next_token_;  // came meanwhile
  std::deque<Bytes> pending_;
  AwarenessHold held_awareness_;
  bool is_in_line_ = false;
  std::shared_ptr<room::Seat> seat_;
};

}  // namespace canvas::server
