#include "crdt/block_store.h"

#include <algorithm>

#include "crdt/update_reader.h"
#include "crdt/wire_block.h"
#include "crdt/wire_delete_set.h"

namespace canvas::crdt {

namespace {

constexpr std::size_t bytes_per_section = 24;  // at most: three integers

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
  std::size_t bytes = 64 + encoded_delete_set().size();
  for (const Client& client : clients_) {
    const Clock from = known.get(client.id);
    const Pending::Queue* waiting = pending_.find(client.id);
    if (from == 0) bytes += client.blocks.stored_bytes() + bytes_per_section;
    if (from < client.blocks.end() || waiting != nullptr) {
      sections.push_back({client.id, &client.blocks, from, waiting});
    }
  }
  for (const auto& [client, waiting] : pending_.queues()) {
    if (find(ClientId{client}) == nullptr) sections.push_back({ClientId{client}, nullptr, 0, &waiting});
  }
  lib0::Writer out(bytes);
  write_sections(out, std::move(sections));
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
  visit_deletions(reader.reader(), [&](ClientId client, ClockRange range) {
    const Client* owner = find(client);
    known =
        known && owner != nullptr && range.end() <= owner->blocks.end() && owner->blocks.is_deleted(range);
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
  visit_deletions(reader.reader(), [&](ClientId client, ClockRange range) {
    const Client* owner = find(client);
    if (owner == nullptr) return;
    const BlockList& blocks = owner->blocks;
    if (range.clock >= blocks.end()) return;
    bytes -= std::min(
        bytes, blocks.erasable_bytes_in({range.clock, std::min(range.end(), blocks.end()) - range.clock}));
  });
  return bytes;
}

std::size_t BlockStore::pending_bytes() const {
  return pending_.memory_bytes() + pending_deletes_.range_count() * sizeof(ClockRange);
}

std::size_t BlockStore::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + pending_bytes() + clients_.capacity() * sizeof(Client) +
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

BlockStore::ClientIndex BlockStore::intern(ClientId client) {
  if (const Client* known = find(client)) return index_of(*known);
  const auto index = static_cast<ClientIndex>(clients_.size());
  client_indexes_.emplace(value_of(client), index);
  clients_.push_back({client, BlockList(client)});
  return index;
}

const BlockStore::Client* BlockStore::look_up(ClientId client) const {
  const auto found = client_indexes_.find(value_of(client));
  if (found == client_indexes_.end()) return nullptr;
  recent_.remember(client, found->second);
  return &clients_[found->second];
}

void BlockStore::write_sections(lib0::Writer& out, std::vector<Section> sections) {
  std::sort(sections.begin(), sections.end(),
            [](const Section& a, const Section& b) { return a.client > b.client; });
  out.write_var_uint(sections.size());
  for (const Section& section : sections) write_section(out, section);
}

void BlockStore::write_section(lib0::Writer& out, const Section& section) {
  const Clock end = section.blocks == nullptr ? 0 : section.blocks->end();
  std::size_t count = section.blocks == nullptr ? 0 : section.blocks->count_from(section.from);
  Clock start = section.from;
  // The gaps between what waits are written as skips.
  if (section.waiting != nullptr) {
    Clock at = end;
    if (count == 0) start = at = section.waiting->begin()->first;
    for (const auto& [clock, waiting] : *section.waiting) {
      count += clock > at ? 2 : 1;
      at = clock + waiting.length;
    }
  }
  out.write_var_uint(count);
  out.write_var_uint(value_of(section.client));
  out.write_var_uint(start);
  if (section.blocks != nullptr) section.blocks->write_from(out, section.from);
  if (section.waiting == nullptr) return;
  Clock at = std::max(start, end);
  for (const auto& [clock, waiting] : *section.waiting) {
    if (clock > at) write_block(out, make_skip(clock - at));
    out.write_bytes(waiting.bytes.view());
    at = clock + waiting.length;
  }
}

const Bytes& BlockStore::encoded_delete_set() const {
  if (!delete_set_bytes_) {
    DeleteSet deleted;
    for (const Client& client : clients_) {
      DeleteSet::Ranges ranges;
      client.blocks.visit_deleted_from(0, [&](ClockRange range) { ranges.push_back(range); });
      deleted.add_client(client.id, std::move(ranges));
    }
    deleted.merge(pending_deletes_);
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
