// One Yjs client of a benchmark.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "append/arrivals.h"
#include "append/schedule.h"
#include "append/stamp.h"
#include "append/tally.h"
#include "base/result.h"
#include "crdt/update_reader.h"
#include "protocol/message.h"

namespace canvas::bench {

enum class Behaviour {
  joins,       // a document, as a provider does
  only_opens,  // the WebSocket, and says nothing
};

// What the clients of a run have in common.
struct Run {
  Scenario scenario;
  protocol::Dialect dialect = protocol::Dialect::hocuspocus;
  Server server;
  std::string name;                  // begins the documents' names
  std::uint64_t client_id_base = 0;  // Yjs ids are this plus the number of the client; its low bits are 0
  std::optional<Schedule> schedule;  // from when all clients have joined
  bool answers_acknowledgements = false;  // each with the next update
  Tally tally;
  // By client: how many updates it has sent, and how many of them, its first ones, are acknowledged.
  struct Written {
    std::uint32_t updates = 0;
    std::uint32_t acknowledged = 0;
  };
  std::vector<Written> written;

  bool is_measured(Nanoseconds due) const { return schedule && schedule->is_measured(due); }
};

// How many low bits of a Yjs client id are the number of the client.
inline constexpr unsigned client_number_bits = 20;

// Joins one document and appends text to its root "t": each update is one block whose origin is the client's
// previous element. Of what it receives it keeps nothing but which updates came. Client number c is in
// document c % documents.
class Client {
public:
  static Result<Client> open(Run& run, std::uint32_t number, Behaviour behaviour);

  int socket() const { return connection_.socket(); }
  // Nothing is left to do before updates can be sent.
  bool is_settled() const { return is_settled_; }
  bool awaits_acknowledgements() const { return !unacknowledged_.empty(); }

  // Reads and answers what has come. What it has to say goes out with the next flush.
  Result<void> on_readable(ReadBuffer& buffer);
  [[nodiscard]] Result<FlushResult> flush() { return connection_.flush(); }

  // Makes the next update, which was to be sent at `due`, and queues it.
  void send_update(Nanoseconds due);

private:
  Client(Run& run, std::uint32_t number, Behaviour behaviour, Connection connection);

  void join();
  Result<void> on_message(BytesView message, Nanoseconds received);
  Result<void> on_authentication(lib0::Reader in);
  void on_sync(lib0::Reader in, Nanoseconds received);
  void on_update(BytesView update, Nanoseconds received);
  void on_block(const crdt::WireBlock& block, Nanoseconds received);
  void on_piece(std::uint32_t author, std::string_view text, std::uint64_t sequence, Nanoseconds received);
  void on_acknowledgement(bool is_saved, Nanoseconds received);
  void send_sync(std::uint8_t step, BytesView bytes);
  void expect_acknowledgement(Nanoseconds due);

  Run* run_;
  std::uint32_t number_;
  Behaviour behaviour_;
  Connection connection_;
  Bytes address_;  // what every message begins with; empty in y-websocket
  bool has_joined_ = false;
  bool is_authenticated_ = false;
  bool is_settled_ = false;
  std::uint32_t updates_made_ = 0;
  std::deque<Nanoseconds> unacknowledged_;  // when each was due, in order; 0 for what is no update
  std::vector<Arrivals> arrivals_;          // by the place of the author in the document
};

}  // namespace canvas::bench
