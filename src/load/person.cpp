#include "load/person.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "crdt/merge.h"
#include "crdt/state_vector.h"
#include "crdt/update_reader.h"
#include "lib0/writer.h"

namespace canvas::load {
namespace {

// docs/protocols.md.
enum MessageType : std::uint8_t {
  sync = 0,
  awareness = 1,
  auth = 2,
  close_document = 7,
  sync_status = 8,
  ping = 9,
  pong = 10
};
enum SyncStep : std::uint8_t { step1 = 0, step2 = 1, update_step = 2 };
enum AuthType : std::uint8_t { token = 0, permission_denied = 1, authenticated = 2 };

constexpr std::array<std::uint8_t, 2> empty_update{0, 0};
constexpr std::string_view provider_version = "4.8.0";
// How long a y-websocket client's own updates are kept to be sent again, and how long before a loss an update
// may have been under way.
constexpr Nanoseconds keep_time = 30 * second;
constexpr Nanoseconds flight_time = second;
constexpr std::string_view cursor_mark = "\"bench\":{\"n\":";
constexpr std::string_view due_mark = ",\"due\":";

Bytes address_prefix(const Seat& seat) {
  lib0::Writer out;
  if (seat.dialect == protocol::Dialect::hocuspocus) out.write_var_string(seat.document);
  return out.take();
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-_.~").find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += "0123456789ABCDEF"[byte >> 4];
      encoded += "0123456789ABCDEF"[byte & 15];
    }
  }
  return encoded;
}

const Credentials& credentials_of(const Plan& plan, const Seat& seat) {
  return plan.credentials[seat.number % plan.credentials.size()];
}

Upgrade upgrade_of(const World& world, const Seat& seat) {
  const Credentials& credentials = credentials_of(world.plan, seat);
  std::string path = world.server.target.path;
  if (seat.dialect == protocol::Dialect::y_websocket) {
    path += '/';
    path += seat.document;
    if (!credentials.token.empty()) path += "?token=" + percent_encoded(credentials.token);
  } else if (path.empty()) {
    path = "/";
  }
  return {path, credentials.cookie, world.plan.origin};
}

std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const char* const begin = text.data() + at + mark.size();
  if (std::from_chars(begin, text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
  return value;
}

void add_all(crdt::DeleteSet& set, const crdt::DeleteSet& more) {
  for (const auto& [client, ranges] : more.clients()) {
    for (const crdt::ClockRange& range : ranges) set.add(client, range);
  }
}

}  // namespace

Person* World::find(crdt::ClientId id) const {
  const std::uint64_t number = crdt::value_of(id) - plan.client_id_base;
  return number < people.size() ? people[number].get() : nullptr;
}

Person::Person(World& world, Seat seat)
    : world_(&world),
      seat_(std::move(seat)),
      address_(address_prefix(seat_)),
      author_(world.plan.id_of(seat_.number), world.plan.diagram_bytes),
      got_(seat_.places),
      seen_cursors_(seat_.places) {}

Result<void> Person::connect(Nanoseconds due) {
  Result<Connection> connection =
      Connection::open(world_->server, upgrade_of(*world_, seat_), world_->connections_opened++);
  if (!connection) return connection.error();
  connection_.emplace(std::move(*connection));
  connecting_since_ = now();
  due_to_come_ = due;
  return {};
}

void Person::hang_up() {
  if (!connection_) return;
  connection_->cut();
  connection_.reset();
  has_said_hello_ = is_authenticated_ = has_document_ = has_answered_ = false;
  in_flight_.clear();
  if (has_acknowledgements()) {
    sent_.stop_timing_after(acknowledged_);
  } else {
    sent_.stop_timing_since(now() - flight_time);
  }
}

Result<void> Person::on_readable(ReadBuffer& buffer) {
  do {
    if (const Result<void> received = connection_->receive(buffer); !received) return received.error();
    const Nanoseconds received = now();
    for (;;) {
      const Result<std::optional<BytesView>> message = connection_->next_message();
      if (!message) return message.error();
      if (!*message) break;
      world_->tally.bytes_received += (*message)->size();
      if (const Result<void> handled = on_message(**message, received); !handled) return handled.error();
    }
    if (connection_->is_upgraded() && !has_said_hello_) join();
  } while (connection_->has_buffered());
  return {};
}

void Person::join() {
  has_said_hello_ = true;
  is_authenticated_ = !has_acknowledgements();
  if (has_acknowledgements()) {
    lib0::Writer out;
    out.write_bytes(address_);
    out.write_u8(auth);
    out.write_u8(token);
    out.write_var_string(credentials_of(world_->plan, seat_).token);
    out.write_var_string(provider_version);
    connection_->send(out.bytes());
  }
  send_sync(step1, state_vector());
}

Bytes Person::state_vector() const {
  std::vector<crdt::StateVector::Entry> entries;
  entries.reserve(got_.size());
  for (std::uint32_t place = 0; place < seat_.places; ++place) {
    const crdt::Clock clock = place == seat_.place ? author_.next() : got_[place].next();
    if (clock > 0) entries.push_back({world_->plan.id_of(seat_.number_at(place)), clock});
  }
  return crdt::StateVector(std::move(entries)).encode();
}

void Person::edit(Edit edit, Nanoseconds due) {
  Author::Update update = author_.make(edit);
  Tally& tally = world_->tally;
  ++tally.updates;
  const bool can_send = has_answered_;  // what comes before is in the answer
  if (!can_send) ++tally.updates_made_away;
  sent_.add(update.end, can_send ? due : 0);
  if (can_send) {
    send_sync(update_step, update.bytes);
    sent_up_to_ = update.end;
    if (has_acknowledgements()) in_flight_.push_back({update.end, due});
  }
  kept_.push_back({update.end, now(), std::move(update.bytes), std::move(update.deleted)});
  trim_kept();
}

void Person::point(Nanoseconds due) {
  ++cursors_;
  ++world_->tally.cursors;
  if (has_joined()) send_cursor(due);
}

void Person::send_cursor(Nanoseconds due) {
  ++cursor_clock_;
  const std::string name = std::to_string(seat_.number);
  std::string state = "{\"user\":{\"name\":\"Bench " + name + "\",\"color\":\"#30bced\"},\"cursor\":{\"x\":";
  state += std::to_string(cursors_ * 13 % 1600);
  state += ",\"y\":";
  state += std::to_string(cursors_ * 7 % 900);
  state += "},";
  state += cursor_mark;
  state += std::to_string(cursors_);
  state += due_mark;
  state += std::to_string(due);
  state += "}}";
  const protocol::AwarenessEntry entry{crdt::value_of(author_.id()), cursor_clock_, state};
  const Bytes update = protocol::write_awareness({&entry, 1});
  lib0::Writer out(address_.size() + 8 + update.size());
  out.write_bytes(address_);
  out.write_u8(awareness);
  out.write_var_bytes(update);
  connection_->send(out.bytes());
}

Result<void> Person::on_message(BytesView message, Nanoseconds received) {
  if (message.size() == 1 && message[0] == ping) {
    constexpr std::array<std::uint8_t, 1> answer{pong};
    connection_->send(answer);
    return {};
  }
  if (message.size() <= address_.size() || !std::equal(address_.begin(), address_.end(), message.begin())) {
    ++world_->tally.corrupt;
    return {};
  }
  lib0::Reader in(message.subspan(address_.size()));
  switch (in.read_u8()) {
    case sync: on_sync(in, received); break;
    case awareness: on_awareness(in.read_var_bytes(), received); break;
    case auth: return on_authentication(in);
    case sync_status: on_acknowledgement(in.read_u8() == 1, received); break;
    case close_document: return Error{Errc::io, "the server has closed the document"};
    default: break;  // stateless
  }
  return {};
}

Result<void> Person::on_authentication(lib0::Reader in) {
  const std::uint8_t type = in.read_u8();
  if (seat_.dialect == protocol::Dialect::y_websocket || type == permission_denied) {
    return Error{Errc::forbidden, "the server refuses: " + std::string(in.read_var_string())};
  }
  if (type == authenticated) is_authenticated_ = true;
  return {};
}

void Person::on_sync(lib0::Reader in, Nanoseconds received) {
  const std::uint8_t step = in.read_u8();
  const BytesView bytes = in.read_var_bytes();
  if (in.failed()) {
    ++world_->tally.corrupt;
    return;
  }
  if (step == step1) {
    on_state_vector(bytes);
  } else {
    on_update(bytes, step == step2 ? Origin::document : Origin::broadcast, received);
    if (step == step2) has_document_ = is_authenticated_;
    if (step == step2 && keeps_document_) document_ = to_bytes(bytes);
  }
  if (has_joined() && joined_at_ < connecting_since_) note_joined(received);
}

void Person::note_joined(Nanoseconds received) {
  joined_at_ = received;
  ++world_->tally.connections;
  if (world_->is_measured(due_to_come_)) world_->tally.join.record(received - due_to_come_);
  if (cursors_ > 0) send_cursor(0);
}

// The server's: it is sent what it lacks of this person's own.
void Person::on_state_vector(BytesView bytes) {
  const Result<crdt::StateVector> theirs = crdt::StateVector::decode(bytes);
  if (!theirs) {
    ++world_->tally.corrupt;
    return;
  }
  std::vector<BytesView> missing;
  const crdt::Clock known = theirs->get(author_.id());
  for (const Kept& kept : kept_) {
    if (kept.end > known) missing.emplace_back(kept.update);
  }
  world_->tally.updates_resent += missing.size();
  const Result<Bytes> merged =
      missing.empty() ? Result<Bytes>(to_bytes(empty_update)) : crdt::merge_updates(missing);
  send_sync(step2, merged ? BytesView(*merged) : BytesView(empty_update));
  if (has_acknowledgements()) in_flight_.push_back({missing.empty() ? 0 : author_.next(), 0});
  sent_up_to_ = author_.next();
  has_answered_ = true;
}

void Person::on_update(BytesView update, Origin origin, Nanoseconds received) {
  crdt::UpdateReader reader(update);
  while (std::optional<crdt::SectionReader> section = reader.next_section()) {
    while (!section->at_end()) {
      const crdt::WireBlock block = section->next();
      if (!section->reader().failed()) on_block(block, origin, received);
    }
    reader.skip_to(*section);
  }
  reader.read_delete_set(
      [this](crdt::ClientId client, crdt::ClockRange range) { author_.see_deleted(client, range); });
  if (reader.reader().failed()) ++world_->tally.corrupt;
}

void Person::on_block(const crdt::WireBlock& block, Origin origin, Nanoseconds received) {
  if (block.kind == crdt::ContentKind::skip) return;
  const std::uint64_t number = crdt::value_of(block.id.client) - world_->plan.client_id_base;
  if (number == seat_.number) {
    if (origin == Origin::broadcast) ++world_->tally.echoes;
    return;
  }
  author_.see(block);
  const Person* const author = world_->find(block.id.client);
  if (author == nullptr || author->seat_.document != seat_.document) {
    if (number >= world_->people.size()) ++world_->tally.corrupt;
    return;
  }
  Coverage& got = got_[author->seat_.place];
  const crdt::Clock before = got.next();
  if (!got.add(block.id.clock, block.end())) {
    if (origin == Origin::broadcast) ++world_->tally.duplicates;
    return;
  }
  count_deliveries(*author, before, got.next(), origin, received);
}

void Person::count_deliveries(const Person& author, crdt::Clock from, crdt::Clock to, Origin origin,
                              Nanoseconds received) {
  Tally& tally = world_->tally;
  for (const SentLog::Entry& entry : author.sent_.between(from, to)) {
    const bool was_here = origin == Origin::broadcast && entry.due >= joined_at_ && has_joined();
    if (!was_here) {
      ++tally.caught_up;
      continue;
    }
    ++tally.delivered;
    if (world_->is_measured(received)) ++tally.measured_delivered;
    if (world_->is_measured(entry.due)) tally.delivery.record(received - entry.due);
  }
}

void Person::on_awareness(BytesView update, Nanoseconds received) {
  const Result<std::vector<protocol::AwarenessEntry>> entries = protocol::read_awareness(update);
  if (!entries) {
    ++world_->tally.corrupt;
    return;
  }
  for (const protocol::AwarenessEntry& entry : *entries) on_cursor(entry, received);
}

void Person::on_cursor(const protocol::AwarenessEntry& entry, Nanoseconds received) {
  const Person* const author = world_->find(crdt::ClientId{entry.client});
  if (author == nullptr || author == this || author->seat_.document != seat_.document) return;
  const std::optional<std::uint64_t> number = number_behind(entry.state, cursor_mark);
  const std::optional<std::uint64_t> due = number_behind(entry.state, due_mark);
  std::uint64_t& seen = seen_cursors_[author->seat_.place];
  if (!number || !due || *number <= seen) return;
  Tally& tally = world_->tally;
  ++tally.cursors_delivered;
  if (seen > 0) tally.cursors_superseded += *number - seen - 1;
  seen = *number;
  const auto due_time = static_cast<Nanoseconds>(*due);
  if (world_->is_measured(due_time) && due_time >= joined_at_ && has_joined()) {
    tally.cursor.record(received - due_time);
  }
}

void Person::on_acknowledgement(bool is_saved, Nanoseconds received) {
  Tally& tally = world_->tally;
  if (in_flight_.empty()) {
    ++tally.corrupt;
    return;
  }
  const InFlight flight = in_flight_.front();
  in_flight_.pop_front();
  if (!is_saved) {
    ++tally.updates_refused;
    return;
  }
  if (flight.end <= acknowledged_) return;
  tally.acknowledged += sent_.between(acknowledged_, flight.end).size();
  acknowledged_ = flight.end;
  if (world_->is_measured(flight.due)) tally.acknowledgement.record(received - flight.due);
  trim_kept();
}

void Person::trim_kept() {
  const Nanoseconds oldest = now() - keep_time;
  while (!kept_.empty() &&
         (has_acknowledgements() ? kept_.front().end <= acknowledged_
                                 : kept_.front().made < oldest && kept_.front().end <= sent_up_to_)) {
    add_all(deletions_, kept_.front().deleted);
    kept_.pop_front();
  }
}

crdt::Clock Person::promised() const {
  return has_acknowledgements() ? acknowledged_ : sent_up_to_;
}

crdt::DeleteSet Person::promised_deletions() const {
  crdt::DeleteSet deletions = deletions_;
  for (const Kept& kept : kept_) {
    if (kept.end <= promised()) add_all(deletions, kept.deleted);
  }
  return deletions;
}

bool Person::lacks_cursor_of(const Person& other) const {
  return other.cursors_ > 0 && seen_cursors_[other.seat_.place] != other.cursors_;
}

void Person::send_sync(std::uint8_t step, BytesView bytes) {
  lib0::Writer out(address_.size() + 8 + bytes.size());
  out.write_bytes(address_);
  out.write_u8(sync);
  out.write_u8(step);
  out.write_var_bytes(bytes);
  connection_->send(out.bytes());
}

}  // namespace canvas::load
