// One simulated client: what it does, and what it has got.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib0/reader.h"
#include "load/author.h"
#include "load/connection.h"
#include "load/coverage.h"
#include "load/plan.h"
#include "load/sent_log.h"
#include "load/tally.h"
#include "protocol/awareness.h"

namespace canvas::load {

class Person;

// What the clients of a run have in common. Lives on one thread.
struct World {
  Plan plan;
  Server server;
  Tally tally;
  std::vector<std::unique_ptr<Person>> people;  // by number; null where a visitor has gone
  Nanoseconds begin_of_measurement = 0;         // 0 until it is known
  Nanoseconds end_of_measurement = 0;
  std::uint32_t connections_opened = 0;

  bool is_measured(Nanoseconds due) const {
    return due != 0 && due >= begin_of_measurement && due < end_of_measurement && end_of_measurement != 0;
  }
  Person* find(crdt::ClientId id) const;
};

// Where a person belongs.
struct Seat {
  std::uint32_t number = 0;  // of the person
  std::string document;
  std::uint32_t place = 0;  // among the people of the document
  std::uint32_t places = 1;
  std::uint32_t stride = 1;  // between the numbers of people in neighbouring places
  protocol::Dialect dialect = protocol::Dialect::hocuspocus;

  std::uint32_t number_at(std::uint32_t other_place) const {
    return number - place * stride + other_place * stride;
  }
};

// A Yjs client as a provider is one: it keeps its own updates until they are acknowledged, and after a new
// connection both sides send each other what is missing. (y-websocket has no acknowledgements: there it keeps
// them for half a minute.) It does not keep the document, only how much of each author it has.
class Person {
public:
  Person(World& world, Seat seat);

  const Seat& seat() const { return seat_; }
  bool is_connected() const { return connection_.has_value(); }
  // It has the document, and the server has what this person wrote before.
  bool has_joined() const { return has_document_ && has_answered_; }
  int socket() const { return connection_->socket(); }
  Nanoseconds connecting_since() const { return connecting_since_; }

  // Opens a connection; `due` is when it was to come.
  Result<void> connect(Nanoseconds due);
  // Reads and answers what has come; what it has to say goes out with the next flush. On an error the
  // connection is to be given up.
  Result<void> on_readable(ReadBuffer& buffer);
  [[nodiscard]] Result<FlushResult> flush() { return connection_->flush(); }
  void say_goodbye() { connection_->send_close(); }
  // Closes without a goodbye, if it is open.
  void hang_up();

  // From now on the document is kept as it came: an update with all of it.
  void keep_document() { keeps_document_ = true; }
  const std::optional<Bytes>& document() const { return document_; }

  void edit(Edit edit, Nanoseconds due);
  void point(Nanoseconds due);

  const SentLog& sent() const { return sent_; }
  crdt::ClientId id() const { return author_.id(); }
  // Up to where this person's updates are said to be saved; in y-websocket, up to where they were sent.
  crdt::Clock promised() const;
  // What those updates have deleted.
  crdt::DeleteSet promised_deletions() const;
  bool awaits_acknowledgements() const { return has_acknowledgements() && acknowledged_ < author_.next(); }
  crdt::Clock got_of(std::uint32_t place) const { return got_[place].next(); }
  bool lacks_cursor_of(const Person& other) const;

private:
  struct Kept {
    crdt::Clock end;
    Nanoseconds made;
    Bytes update;
    crdt::DeleteSet deleted;
  };
  struct InFlight {
    crdt::Clock end;  // what is acknowledged with it
    Nanoseconds due;
  };

  bool has_acknowledgements() const { return seat_.dialect == protocol::Dialect::hocuspocus; }
  void join();
  Result<void> on_message(BytesView message, Nanoseconds received);
  Result<void> on_authentication(lib0::Reader in);
  void on_sync(lib0::Reader in, Nanoseconds received);
  void on_state_vector(BytesView bytes);
  enum class Origin { broadcast, document };
  void on_update(BytesView update, Origin origin, Nanoseconds received);
  void on_block(const crdt::WireBlock& block, Origin origin, Nanoseconds received);
  void count_deliveries(const Person& author, crdt::Clock from, crdt::Clock to, Origin origin,
                        Nanoseconds received);
  void on_awareness(BytesView update, Nanoseconds received);
  void on_cursor(const protocol::AwarenessEntry& entry, Nanoseconds received);
  void on_acknowledgement(bool is_saved, Nanoseconds received);
  void note_joined(Nanoseconds received);
  Bytes state_vector() const;
  void send_sync(std::uint8_t step, BytesView bytes);
  void send_cursor(Nanoseconds due);
  void trim_kept();

  World* world_;
  Seat seat_;
  Bytes address_;  // what every message begins with; empty in y-websocket
  std::optional<Connection> connection_;
  Nanoseconds connecting_since_ = 0;
  Nanoseconds due_to_come_ = 0;
  Nanoseconds joined_at_ = 0;
  bool has_said_hello_ = false;
  bool is_authenticated_ = false;
  bool has_document_ = false;
  bool has_answered_ = false;
  bool keeps_document_ = false;
  std::optional<Bytes> document_;

  Author author_;
  SentLog sent_;
  std::deque<Kept> kept_;
  crdt::DeleteSet deletions_;  // of what is promised and not kept
  std::deque<InFlight> in_flight_;
  crdt::Clock acknowledged_ = 0;
  crdt::Clock sent_up_to_ = 0;
  std::vector<Coverage> got_;  // by place

  std::uint64_t cursor_clock_ = 0;
  std::uint64_t cursors_ = 0;
  std::vector<std::uint64_t> seen_cursors_;  // by place
};

}  // namespace canvas::load
