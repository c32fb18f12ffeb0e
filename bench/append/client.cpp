#include "append/client.h"

#include <algorithm>
#include <array>

#include "lib0/writer.h"

namespace canvas::bench {
namespace {

// docs/protocols.md.
enum MessageType : std::uint8_t {
  sync = 0,
  auth = 2,
  close_document = 7,
  sync_status = 8,
  ping = 9,
  pong = 10
};
enum SyncStep : std::uint8_t { step1 = 0, step2 = 1, update_step = 2 };
enum AuthType : std::uint8_t { token = 0, permission_denied = 1, authenticated = 2 };

constexpr std::array<std::uint8_t, 1> empty_state_vector{0};
constexpr std::array<std::uint8_t, 2> empty_update{0, 0};
constexpr std::string_view root_name = "t";
constexpr std::string_view provider_version = "4.8.0";

constexpr Nanoseconds no_update = 0;

std::string document_name(const Run& run, std::uint32_t number) {
  return run.name + "-" + std::to_string(number % run.scenario.documents);
}

Bytes address_prefix(const Run& run, std::uint32_t number) {
  lib0::Writer out;
  if (run.dialect == protocol::Dialect::hocuspocus) out.write_var_string(document_name(run, number));
  return out.take();
}

std::string path_of(const Run& run, std::uint32_t number) {
  return run.dialect == protocol::Dialect::hocuspocus ? "/" : "/" + document_name(run, number);
}

}  // namespace

Result<Client> Client::open(Run& run, std::uint32_t number, Behaviour behaviour) {
  Result<Connection> connection =
      Connection::open(run.server, {path_of(run, number), {}, origin_of(run.server)}, number);
  if (!connection) return connection.error();
  return Client(run, number, behaviour, std::move(*connection));
}

Client::Client(Run& run, std::uint32_t number, Behaviour behaviour, Connection connection)
    : run_(&run),
      number_(number),
      behaviour_(behaviour),
      connection_(std::move(connection)),
      address_(address_prefix(run, number)),
      arrivals_(behaviour == Behaviour::joins ? run.scenario.clients_per_document : 0) {}

Result<void> Client::on_readable(ReadBuffer& buffer) {
  if (Result<void> received = connection_.receive(buffer); !received) return received;
  const Nanoseconds received = now();
  for (;;) {
    Result<std::optional<BytesView>> message = connection_.next_message();
    if (!message) return message.error();
    if (!*message) break;
    if (Result<void> handled = on_message(**message, received); !handled) return handled;
  }
  if (connection_.is_upgraded() && !has_joined_) join();
  return {};
}

void Client::join() {
  has_joined_ = true;
  if (behaviour_ == Behaviour::only_opens) {
    is_settled_ = true;
    return;
  }
  if (run_->dialect == protocol::Dialect::hocuspocus) {
    lib0::Writer out;
    out.write_bytes(address_);
    out.write_u8(auth);
    out.write_u8(token);
    out.write_var_string("");
    out.write_var_string(provider_version);
    connection_.send(out.bytes());
  } else {
    is_authenticated_ = true;
  }
  send_sync(step1, empty_state_vector);
}

void Client::send_update(Nanoseconds due) {
  const std::uint32_t length = run_->scenario.text_bytes;
  const crdt::ClientId self{run_->client_id_base + number_};
  const crdt::Clock clock = crdt::Clock{updates_made_} * length;
  std::string text(length, '\0');
  write_stamp(text, {updates_made_, due});
  crdt::WireBlock block{};
  block.id = {self, clock};
  block.kind = crdt::ContentKind::string;
  block.content = {length, as_bytes(text)};
  if (updates_made_ == 0) {
    block.parent = crdt::Parent{root_name, {}};
  } else {
    block.origin = crdt::Id{self, clock - 1};
  }
  lib0::Writer update(64 + length);
  update.write_var_uint(1);  // sections
  update.write_var_uint(1);  // blocks
  update.write_var_uint(crdt::value_of(self));
  update.write_var_uint(clock);
  crdt::write_block(update, block);
  update.write_var_uint(0);  // clients in the delete set
  send_sync(update_step, update.bytes());
  expect_acknowledgement(due);
  ++updates_made_;
  ++run_->written[number_].updates;
  ++run_->tally.updates_sent;
  if (run_->is_measured(due)) ++run_->tally.measured_updates;
}

Result<void> Client::on_message(BytesView message, Nanoseconds received) {
  if (message.size() == 1 && message[0] == ping) {
    constexpr std::array<std::uint8_t, 1> answer{pong};
    connection_.send(answer);
    return {};
  }
  if (message.size() <= address_.size() || !std::equal(address_.begin(), address_.end(), message.begin())) {
    ++run_->tally.corrupt;
    return {};
  }
  lib0::Reader in(message.subspan(address_.size()));
  switch (in.read_u8()) {
    case sync: on_sync(in, received); break;
    case auth: return on_authentication(in);
    case sync_status: on_acknowledgement(in.read_u8() == 1, received); break;
    case close_document: return Error{Errc::io, "the server has closed the document"};
    default: break;  // awareness, stateless
  }
  return {};
}

Result<void> Client::on_authentication(lib0::Reader in) {
  const bool is_y_websocket = run_->dialect == protocol::Dialect::y_websocket;
  const std::uint8_t type = in.read_u8();
  if (is_y_websocket || type == permission_denied) {
    return Error{Errc::forbidden, "the server refuses: " + std::string(in.read_var_string())};
  }
  if (type == authenticated) is_authenticated_ = true;
  return {};
}

void Client::on_sync(lib0::Reader in, Nanoseconds received) {
  const std::uint8_t step = in.read_u8();
  const BytesView bytes = in.read_var_bytes();
  if (in.failed()) {
    ++run_->tally.corrupt;
    return;
  }
  if (step == step1) {
    send_sync(step2, empty_update);
    return expect_acknowledgement(no_update);
  }
  if (step == step2) is_settled_ = is_authenticated_;
  on_update(bytes, received);
}

void Client::on_update(BytesView update, Nanoseconds received) {
  crdt::UpdateReader reader(update);
  bool is_empty = true;
  while (std::optional<crdt::SectionReader> section = reader.next_section()) {
    is_empty = false;
    while (!section->at_end()) {
      const crdt::WireBlock block = section->next();
      if (!section->reader().failed()) on_block(block, received);
    }
    reader.skip_to(*section);
  }
  if (!is_empty) ++run_->tally.update_messages;
  if (reader.reader().failed()) ++run_->tally.corrupt;
}

// A block holds one update, or several that the server has merged. One that comes in two parts counts as
// lost.
void Client::on_block(const crdt::WireBlock& block, Nanoseconds received) {
  const std::uint64_t author = crdt::value_of(block.id.client) - run_->client_id_base;
  const std::uint32_t documents = run_->scenario.documents;
  const bool is_of_this_document =
      author < run_->scenario.clients() && author % documents == number_ % documents;
  const bool is_ours =
      block.kind == crdt::ContentKind::string && block.content.bytes.size() == block.length();
  if (!is_of_this_document || !is_ours) {
    ++run_->tally.corrupt;
    return;
  }
  const std::uint64_t length = run_->scenario.text_bytes;
  const std::string_view text = as_text(block.content.bytes);
  const std::uint64_t first = (block.id.clock + length - 1) / length;
  for (std::uint64_t sequence = first; (sequence + 1) * length <= block.end(); ++sequence) {
    on_piece(static_cast<std::uint32_t>(author), text.substr(sequence * length - block.id.clock, length),
             sequence, received);
  }
}

void Client::on_piece(std::uint32_t author, std::string_view text, std::uint64_t sequence,
                      Nanoseconds received) {
  Tally& tally = run_->tally;
  const std::optional<Stamp> stamp = read_stamp(text);
  if (!stamp || stamp->sequence != sequence) {
    ++tally.corrupt;
    return;
  }
  if (author == number_) {
    ++tally.echoes;
    return;
  }
  if (arrivals_[author / run_->scenario.documents].add(stamp->sequence) == Arrival::again) {
    ++tally.duplicates;
    return;
  }
  ++tally.deliveries;
  if (!run_->is_measured(stamp->due)) return;
  ++tally.measured_deliveries;
  tally.latency.record(received - stamp->due);
}

void Client::on_acknowledgement(bool is_saved, Nanoseconds received) {
  Tally& tally = run_->tally;
  if (!is_saved) ++tally.refused;
  if (unacknowledged_.empty()) {
    ++tally.corrupt;
    return;
  }
  const Nanoseconds due = unacknowledged_.front();
  unacknowledged_.pop_front();
  if (due == no_update || !is_saved) return;
  ++tally.acknowledgements;
  ++run_->written[number_].acknowledged;
  if (run_->is_measured(due)) {
    ++tally.acknowledged;
    tally.acknowledgement.record(received - due);
  }
  if (run_->answers_acknowledgements) send_update(now());
}

void Client::send_sync(std::uint8_t step, BytesView bytes) {
  lib0::Writer out(address_.size() + 8 + bytes.size());
  out.write_bytes(address_);
  out.write_u8(sync);
  out.write_u8(step);
  out.write_var_bytes(bytes);
  connection_.send(out.bytes());
}

// y-websocket has no acknowledgements.
void Client::expect_acknowledgement(Nanoseconds due) {
  if (run_->dialect == protocol::Dialect::hocuspocus) unacknowledged_.push_back(due);
}

}  // namespace canvas::bench
