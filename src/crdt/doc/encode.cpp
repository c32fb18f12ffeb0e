// A document as an update. The bytes are those of Yjs's `encodeStateAsUpdate`, and of its event 'update'.

#include <algorithm>

#include "crdt/doc/transaction_internal.h"

namespace canvas::crdt {
namespace {

// Where something waits, Yjs merges it with the rest by way of what the wire tells: and that does not tell of
// an item with an origin whether it is in a map.
enum class MapFlag : std::uint8_t { always, with_key };

class Encoder {
public:
  Encoder(const DocState& doc, MapFlag map_flag) : doc_(doc), map_flag_(map_flag) {}

  // `skipped_bytes` is how much content of the first item is before `from`, if that is known.
  void write_items(lib0::Writer& out, ClientIndex client, Clock from,
                   std::optional<std::size_t> skipped_bytes) const {
    doc_.items.visit_from(client, from, [&](const Item& item, Clock clock, std::uint64_t length) {
      write_item(out, item, clock, length, skipped_bytes);
    });
  }

private:
  void write_item(lib0::Writer& out, const Item& item, Clock from, std::uint64_t length,
                  std::optional<std::size_t> skipped_bytes) const {
    const std::uint64_t offset = from - item.clock();
    WireBlock wire{};
    wire.kind = item.kind();
    if (offset > 0) {
      wire.origin = doc_.items.id_of({item.client(), from - 1});
    } else if (item.has_origin()) {
      wire.origin = doc_.items.id_of(item.origin());
    }
    if (item.has_right_origin()) wire.right_origin = doc_.items.id_of(item.right_origin());
    wire.in_map = item.in_map();
    if (!wire.origin && !wire.right_origin && !item.is_gc()) {
      wire.parent = parent_of(item);
      if (item.in_map()) wire.parent_sub = doc_.names.name(item.parent_sub());
    } else if (map_flag_ == MapFlag::with_key) {
      wire.in_map = false;
    }
    wire.content = {length, item.content()};
    Bytes rest;
    if (offset > 0 && !wire.content.bytes.empty() && skipped_bytes) {
      wire.content.bytes = wire.content.bytes.subspan(*skipped_bytes);
    } else if (offset > 0 && !wire.content.bytes.empty()) {
      rest = content_from(item.kind(), wire.content.bytes, offset);
      wire.content.bytes = rest;
    }
    write_block(out, wire);
  }

  Parent parent_of(const Item& item) const {
    const TypeState& parent = doc_.types[item.parent()];
    if (parent.is_root()) return {doc_.names.name(parent.root_name), {}};
    return {std::nullopt, doc_.items.id_of(doc_.items[parent.owner].id())};
  }

  const DocState& doc_;
  MapFlag map_flag_;
};

// One client's part of an update: its items from a clock on, then what waits.
struct Section {
  ClientId id;
  std::optional<ClientIndex> client;  // none where all waits
  Clock from;
  std::optional<std::size_t> skipped_bytes{};  // see Encoder::write_items
};

class SectionWriter {
public:
  SectionWriter(const DocState& doc, MapFlag map_flag) : doc_(doc), encoder_(doc, map_flag) {}

  void write(lib0::Writer& out, const Section& section, const Waiting::Queue* waiting) const {
    const std::size_t items =
        section.client ? doc_.items.client(*section.client).items.count_from(section.from) : 0;
    const Clock stored_end = section.client ? doc_.items.end(*section.client) : 0;
    // Blocks that wait can begin before what is stored ends; gaps between them are skips.
    struct Piece {
      Clock clock;
      const Waiting::Block* block;
      std::uint64_t skipped;  // clocks before it
      std::uint64_t offset;   // of its first element that is sent
    };
    std::vector<Piece> pieces;
    Clock start = section.from;
    Clock at = stored_end;
    if (waiting != nullptr) {
      for (const auto& [clock, block] : waiting->blocks) {
        if (clock + block.length <= std::max(section.from, stored_end)) continue;
        if (items == 0 && pieces.empty()) start = at = std::max(clock, section.from);
        pieces.push_back({clock, &block, clock > at ? clock - at : 0, at > clock ? at - clock : 0});
        at = clock + block.length;
      }
    }
    const auto skips =
        std::count_if(pieces.begin(), pieces.end(), [](const Piece& piece) { return piece.skipped > 0; });
    out.write_var_uint(items + pieces.size() + static_cast<std::size_t>(skips));
    out.write_var_uint(value_of(section.id));
    out.write_var_uint(start);
    if (items > 0) encoder_.write_items(out, *section.client, section.from, section.skipped_bytes);
    for (const Piece& piece : pieces) {
      if (piece.skipped > 0) write_skip(out, piece.skipped);
      lib0::Reader in(piece.block->bytes);
      write_block_from(out, read_block(in, section.id, piece.clock), piece.offset);
    }
  }

private:
  static void write_skip(lib0::Writer& out, std::uint64_t length) {
    WireBlock skip{};
    skip.kind = ContentKind::skip;
    skip.content.length = length;
    write_block(out, skip);
  }

  const DocState& doc_;
  Encoder encoder_;
};

void sort_descending(std::vector<Section>& sections) {
  std::sort(sections.begin(), sections.end(), [](const Section& a, const Section& b) { return a.id > b.id; });
}

bool has_news(const Waiting::Queue& queue, Clock known) {
  const auto& [clock, block] = *queue.blocks.rbegin();
  return clock + block.length > known;
}

// What is there or waits, and is not in `known`.
std::vector<Section> sections_past(const DocState& doc, const StateVector& known) {
  std::vector<Section> sections;
  for (ClientIndex index = 0; index < doc.items.clients().size(); ++index) {
    const ClientId id = doc.items.client(index).id;
    const Clock from = known.get(id);
    const Waiting::Queue* waiting = doc.waiting.find(id);
    if (from < doc.items.end(index) || (waiting != nullptr && has_news(*waiting, from)))
      sections.push_back({id, index, from});
  }
  for (const auto& [id, queue] : doc.waiting.queues()) {
    const Clock from = known.get(id);
    if (!doc.items.find_client(id) && has_news(queue, from)) sections.push_back({id, std::nullopt, from});
  }
  sort_descending(sections);
  return sections;
}

}  // namespace

Bytes Doc::encode_difference(const StateVector& known) const {
  const std::vector<Section> sections = sections_past(*state_, known);
  const SectionWriter writer(*state_, state_->waiting.empty() ? MapFlag::always : MapFlag::with_key);
  lib0::Writer out;
  out.write_var_uint(sections.size());
  for (const Section& section : sections) writer.write(out, section, state_->waiting.find(section.id));
  DeleteSet deleted = delete_set();
  for (const auto& [client, ranges] : state_->waiting.deletes().clients()) {
    for (const ClockRange& range : ranges) deleted.add(client, range);
  }
  deleted.write(out);
  return out.take();
}

DeleteSet Doc::delete_set() const {
  DeleteSet deleted;
  for (ClientIndex client = 0; client < state_->items.clients().size(); ++client) {
    const ClientId id = state_->items.client(client).id;
    state_->items.visit_from(client, 0, [&](const Item& item, Clock from, std::uint64_t length) {
      if (item.is_deleted()) deleted.add(id, {from, length});
    });
  }
  return deleted;
}

Bytes Transaction::encode() const {
  if (doc_.log.changed.empty() && doc_.log.deleted.empty()) return {};
  std::vector<Section> sections;
  sections.reserve(doc_.log.changed.size());
  for (const ClientIndex index : doc_.log.changed) {
    const ItemStore::Client& client = doc_.items.client(index);
    sections.push_back({client.id, index, client.end_before, client.bytes_before});
  }
  sort_descending(sections);
  const SectionWriter writer(doc_, MapFlag::always);
  lib0::Writer out;
  out.write_var_uint(sections.size());
  for (const Section& section : sections) writer.write(out, section, nullptr);
  DeleteSet deleted;
  for (const auto& [client, range] : doc_.log.deleted) deleted.add(doc_.items.client(client).id, range);
  deleted.write(out);
  return out.take();
}

}  // namespace canvas::crdt
