#include "crdt/block_store.h"

#include <algorithm>

#include "crdt/update_reader.h"
#include "crdt/wire_block.h"

namespace canvas::crdt {

namespace {

WireBlock make_skip(std::uint64_t length) {
  WireBlock skip{};
  skip.kind = ContentKind::skip;
  skip.content.length = length;
  return skip;
}

}  // namespace

StateVector BlockStore::state_vector() const {
  std::vector<StateVector::Entry> entries;
  entries.reserve(clients_.size());
  for (const Client& client : clients_) entries.push_back({client.id, client.blocks.end()});
  return StateVector(std::move(entries));
}

SharedBytes BlockStore::encoded_state_vector() const {
  if (!state_vector_bytes_) state_vector_bytes_ = std::make_shared<const Bytes>(state_vector().encode());
  return state_vector_bytes_;
}

SharedBytes BlockStore::encode_state() const {
  if (!state_bytes_) state_bytes_ = std::make_shared<const Bytes>(encode_difference({}));
  return state_bytes_;
}

Bytes BlockStore::encode_difference(const StateVector& known) const {
  std::vector<Section> sections;
  for (ClientIndex index = 0; index < clients_.size(); ++index) {
    const Clock from = known.get(clients_[index].id);
    if (from < clients_[index].blocks.end() || pending_.find(index) != nullptr) {
      sections.push_back({index, from});
    }
  }
  lib0::Writer out(64 + encoded_delete_set().size());
  write_sections(out, std::move(sections), true);
  out.write_bytes(encoded_delete_set());
  return out.take();
}

Result<bool> BlockStore::knows(BytesView update) const {
  if (const Result<void> checked = check_update(update); !checked) return checked.error();
  bool known = true;
  UpdateReader reader(update);
  while (std::optional<SectionReader> section = reader.next_section()) {
    const Clock end = state_of(section->client());
    while (!section->at_end()) {
      const WireBlock block = section->next();
      known &= block.kind == ContentKind::skip || block.end() <= end;
    }
    reader.skip_to(*section);
  }
  reader.read_delete_set([&](ClientId client, ClockRange range) {
    const std::optional<ClientIndex> index = find(client);
    known &=
        index && range.end() <= clients_[*index].blocks.end() && clients_[*index].blocks.is_deleted(range);
  });
  return known;
}

Result<std::size_t> BlockStore::live_bytes_after(BytesView update) const {
  if (const Result<void> checked = check_update(update); !checked) return checked.error();
  std::size_t bytes = live_bytes_;
  UpdateReader reader(update);
  while (std::optional<SectionReader> section = reader.next_section()) {
    const Clock end = state_of(section->client());
    while (!section->at_end()) {
      const WireBlock block = section->next();
      if (block.end() > end) bytes += block.content.bytes.size();
    }
    reader.skip_to(*section);
  }
  reader.read_delete_set([&](ClientId client, ClockRange range) {
    const std::optional<ClientIndex> index = find(client);
    if (!index) return;
    const BlockList& blocks = clients_[*index].blocks;
    if (range.clock >= blocks.end()) return;
    // The same range twice would count twice.
    bytes -= std::min(
        bytes, blocks.erasable_bytes_in({range.clock, std::min(range.end(), blocks.end()) - range.clock}));
  });
  return bytes;
}

std::size_t BlockStore::pending_bytes() const {
  return pending_.memory_bytes() + pending_deletes_.range_count() * sizeof(ClockRange);
}

std::size_t BlockStore::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + names_.memory_bytes() + pending_bytes() +
                      clients_.capacity() * sizeof(Client) +
                      client_indexes_.size() * 2 * sizeof(std::uint64_t);
  for (const Client& client : clients_) bytes += client.blocks.memory_bytes();
  if (state_bytes_) bytes += state_bytes_->capacity();
  if (state_vector_bytes_) bytes += state_vector_bytes_->capacity();
  if (delete_set_bytes_) bytes += delete_set_bytes_->capacity();
  return bytes;
}

std::size_t BlockStore::block_count() const {
  std::size_t count = 0;
  for (const Client& client : clients_) count += client.blocks.block_count();
  return count;
}

ClientIndex BlockStore::intern(ClientId client) {
  const auto [at, is_new] =
      client_indexes_.try_emplace(value_of(client), static_cast<ClientIndex>(clients_.size()));
  if (is_new) clients_.push_back({client, BlockList(at->second)});
  return at->second;
}

std::optional<ClientIndex> BlockStore::find(ClientId client) const {
  const auto found = client_indexes_.find(value_of(client));
  if (found == client_indexes_.end()) return std::nullopt;
  return found->second;
}

Clock BlockStore::state_of(ClientId client) const {
  const std::optional<ClientIndex> index = find(client);
  return index ? clients_[*index].blocks.end() : 0;
}

void BlockStore::write_sections(lib0::Writer& out, std::vector<Section> sections, bool with_pending) const {
  std::sort(sections.begin(), sections.end(), [this](const Section& a, const Section& b) {
    return clients_[a.client].id > clients_[b.client].id;
  });
  out.write_var_uint(sections.size());
  for (const Section& section : sections) {
    write_section(out, section, with_pending ? pending_.find(section.client) : nullptr);
  }
}

void BlockStore::write_section(lib0::Writer& out, const Section& section,
                               const Pending::Queue* waiting) const {
  const BlockList& blocks = clients_[section.client].blocks;
  // What waits may begin below the end of the list, when it waits for another client; the gaps are written as
  // skips.
  std::size_t count = blocks.count_from(section.from);
  Clock start = section.from;
  if (waiting != nullptr) {
    Clock at = blocks.end();
    if (count == 0) start = at = waiting->begin()->first;
    for (const auto& [clock, entry] : *waiting) {
      count += clock > at ? 2 : 1;
      at = entry.end();
    }
  }
  out.write_var_uint(count);
  out.write_var_uint(value_of(clients_[section.client].id));
  out.write_var_uint(start);
  blocks.visit_from(section.from, [&](const Block& block, Clock from, std::uint64_t length) {
    write_stored(out, section.client, block, from, length);
  });
  if (waiting == nullptr) return;
  Clock at = std::max(start, blocks.end());
  for (const auto& [clock, entry] : *waiting) {
    if (clock > at) write_block(out, make_skip(clock - at));
    write_stored(out, section.client, entry.block, clock, entry.length);
    at = entry.end();
  }
}

void BlockStore::write_stored(lib0::Writer& out, ClientIndex client, const Block& block, Clock from,
                              std::uint64_t length) const {
  const auto id_of = [this](Reference reference) {
    return Id{clients_[reference.client].id, reference.clock};
  };
  const std::uint64_t offset = from - block.clock();
  WireBlock wire{};
  wire.id = id_of({client, from});
  wire.kind = block.kind();
  wire.in_map = block.in_map();
  if (offset > 0) {
    wire.origin = id_of({client, from - 1});
  } else if (block.has_origin()) {
    wire.origin = id_of(block.origin());
  }
  if (block.has_right_origin()) wire.right_origin = id_of(block.right_origin());
  if (block.has_parent() && offset == 0) {
    wire.parent = block.has_root_parent() ? Parent{names_.name(block.root_parent()), {}}
                                          : Parent{std::nullopt, id_of(block.item_parent())};
    if (block.in_map()) wire.parent_sub = names_.name(block.parent_sub());
  }
  wire.content = {length, block.content().view()};
  Bytes rest;
  if (offset > 0) {
    rest = content_from(block.kind(), wire.content.bytes, offset);
    wire.content.bytes = rest;
  }
  write_block(out, wire);
}

void BlockStore::collect_deleted(ClientIndex client, Clock clock, DeleteSet& deleted) const {
  const ClientId id = clients_[client].id;
  clients_[client].blocks.visit_from(clock, [&](const Block& block, Clock from, std::uint64_t length) {
    if (block.is_deleted()) deleted.add(id, {from, length});
  });
}

const Bytes& BlockStore::encoded_delete_set() const {
  if (!delete_set_bytes_) {
    DeleteSet deleted = pending_deletes_;
    for (ClientIndex index = 0; index < clients_.size(); ++index) collect_deleted(index, 0, deleted);
    lib0::Writer out;
    deleted.write(out);
    delete_set_bytes_ = out.take();
  }
  return *delete_set_bytes_;
}

void BlockStore::forget_encodings() {
  state_vector_bytes_.reset();
  state_bytes_.reset();
  delete_set_bytes_.reset();
}

}  // namespace canvas::crdt
